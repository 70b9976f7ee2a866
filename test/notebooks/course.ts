/** A course of a few small notebooks in a folder of its own, and `npm run notebooks` on it. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

export const PROGRAM = path.join(ROOT, "src", "course", "run.py");

export const python = [".venv/bin/python", ".venv/Scripts/python.exe"]
  .map((name) => path.join(ROOT, name))
  .find((name) => existsSync(name)) as string;
assert.ok(python, "the project's Python environment is missing: npm start -- --setup-only makes it");

export interface Course {
  /** The root of the course, for `DIFFUSION_LAB_ROOT`. */
  readonly root: string;
  /** `npm run notebooks -- words…` */
  run(...words: string[]): { status: number | null; text: string };
  file(name: string): string;
  text(name: string): string;
  write(name: string, text: string): void;
}

/** An empty course, which goes when the tests of the file have ended. */
export function smallCourse(): Course {
  const root = mkdtempSync(path.join(tmpdir(), "course-"));
  mkdirSync(path.join(root, "notebooks"));
  writeFileSync(path.join(root, "package.json"), '{ "workspaces": [] }');
  symlinkSync(path.join(ROOT, "node_modules"), path.join(root, "node_modules"), "junction");
  after(() => rmSync(root, { recursive: true, force: true }));
  const file = (name: string): string => path.join(root, "notebooks", name);
  return {
    root,
    file,
    text: (name) => readFileSync(file(name), "utf8"),
    write: (name, text) => writeFileSync(file(name), text),
    run(...words) {
      const env = { ...process.env, DIFFUSION_LAB_ROOT: root };
      const { status, stdout, stderr } = spawnSync(python, [PROGRAM, ...words], {
        encoding: "utf8",
        timeout: 240_000,
        env,
      });
      return { status, text: `${stdout}\n${stderr}` };
    },
  };
}
