/**
 * For open_saved.py: `node --import tsx write-saved.ts FOLDER [MODEL]…` saves the narrow pipeline into FOLDER/narrow, draws
 * from it and from each model's folder, and writes FOLDER/drawn.json.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { hashOf } from "../pipelines/models.js";
import { drawSaved, request, saveNarrow } from "./saved.js";

const [, , folder, ...models] = process.argv;
if (folder === undefined) throw new Error("name a folder: see the head of this file");

const narrow = join(folder, "narrow");
saveNarrow(narrow);
const drawn: Record<string, object> = {};
for (const [name, place] of [["narrow", narrow], ...models.map((model) => [model, model])]) {
  drawn[name] = { folder: place, sha256: hashOf(place), ...(await drawSaved(place)) };
}
writeFileSync(join(folder, "drawn.json"), JSON.stringify({ request, drawn }));
