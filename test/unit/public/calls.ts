/** Valid calls of every public function, class and method that takes something. */
import { calls as data } from "./calls-data.js";
import { calls as formulas } from "./calls-formulas.js";
import { calls as layers } from "./calls-layers.js";
import { calls as models } from "./calls-models.js";
import { calls as networks } from "./calls-networks.js";
import { calls as pictures } from "./calls-pictures.js";
import { calls as theory } from "./calls-theory.js";
import type { Calls } from "./things.js";

export const calls: Calls = { ...theory, ...formulas, ...layers, ...networks, ...models, ...data, ...pictures };
