/** The recipes of `npm run train`, by name. */
import { classifierRecipes } from "./classifier/recipes.js";
import { clipRecipes } from "./clip/recipes.js";
import { detectorRecipes } from "./detector/recipes.js";
import type { Recipe } from "./family.js";
import { families } from "./list.js";

/** Those of every family, and of what nothing is drawn from: the judges, and CLIP. */
export const recipes: Readonly<Record<string, Recipe>> = Object.assign(
  {},
  ...families.map((family) => family.recipes),
  classifierRecipes,
  detectorRecipes,
  clipRecipes,
);

/** A line for each recipe, its name before what it is, and after it what `more` says. */
export function recipeLines(more = (_: Recipe): string => ""): string[] {
  const width = Math.max(...Object.keys(recipes).map(({ length }) => length)) + 2;
  return Object.entries(recipes).map(([name, one]) => `  ${name.padEnd(width)}${one.description}${more(one)}`);
}

/** @throws RangeError with the list, for no name or an unknown one */
export function recipeNamed(name: string | undefined): Recipe {
  if (name !== undefined && Object.hasOwn(recipes, name)) return recipes[name];
  throw new RangeError(
    `${name === undefined ? "name a recipe" : `unknown recipe "${name}"`}; there are\n${recipeLines().join("\n")}`,
  );
}
