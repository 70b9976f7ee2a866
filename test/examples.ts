/** The examples of the pages, and how they are cut short to be run by a test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The programs in a page, in order: every block of TypeScript that begins with an import. */
export function examplesOf(page: string): string[] {
  const text = readFileSync(join(root, page), "utf8");
  return [...text.matchAll(/```ts\n(import[\s\S]*?)```/g)].map(([, code]) => code);
}

/** The same program with two steps of training and two of sampling; nothing else is changed. */
export function shortened(code: string): string {
  const short = code.replace(/trainer\.run\(\d+/g, "trainer.run(2").replace(/steps: \d+/g, "steps: 2");
  if (short === code) throw new Error(`nothing of this example can be cut short:\n${code}`);
  return short;
}
