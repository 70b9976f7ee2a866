/** The recipes of `npm run train`, by name. */
import { classifierRecipes } from "./classifier/recipes.js";
import { detectorRecipes } from "./detector/recipes.js";
import type { Recipe } from "./family.js";
import { families } from "./list.js";

/** Those of every family, and of the judges of what they draw. */
export const recipes: Readonly<Record<string, Recipe>> = Object.assign(
  {},
  ...families.map((family) => family.recipes),
  classifierRecipes,
  detectorRecipes,
);

/** @throws RangeError with the list, for no name or an unknown one */
export function recipeNamed(name: string | undefined): Recipe {
  if (name !== undefined && Object.hasOwn(recipes, name)) return recipes[name];
  const list = Object.entries(recipes).map(([key, recipe]) => `  ${key.padEnd(18)}${recipe.description}`);
  throw new RangeError(
    `${name === undefined ? "name a recipe" : `unknown recipe "${name}"`}; there are\n${list.join("\n")}`,
  );
}
