/** The links by which a project's @tensorflow/tfjs-node finds what lies in the user's cache. */
import { existsSync, lstatSync, mkdirSync, readlinkSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folders of the package that become links: TensorFlow's libraries, and the addons. */
const LINKED = ["deps", "lib"];

/**
 * Does a link lie there, and does it lead to this target?
 *
 * @param {string} path
 * @param {string} target
 */
function leadsTo(path, target) {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true && readlinkSync(path) === target;
}

/**
 * Puts a link in place of whatever lies there.
 *
 * @param {string} path
 * @param {string} target
 */
function link(path, target) {
  if (leadsTo(path, target)) return;
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.tmp-${process.pid}`;
  const old = `${path}.old-${process.pid}`;
  rmSync(draft, { recursive: true, force: true });
  symlinkSync(target, draft, "junction");
  if (existsSync(path) || lstatSync(path, { throwIfNoEntry: false })) renameSync(path, old);
  renameSync(draft, path);
  rmSync(old, { recursive: true, force: true });
}

/**
 * @param {string} tfjsNode the folder of tfjs-node
 * @param {string} folder of the cache
 */
export function linkNative(tfjsNode, folder) {
  for (const name of LINKED) link(join(tfjsNode, name), join(folder, name));
}

/**
 * @param {string} tfjsNode
 * @param {string} folder
 */
export function isLinked(tfjsNode, folder) {
  return LINKED.every((name) => leadsTo(join(tfjsNode, name), join(folder, name)));
}

/**
 * Takes the links, or whatever lies in their places, away.
 *
 * @param {string} tfjsNode
 */
export function unlinkNative(tfjsNode) {
  for (const name of LINKED) rmSync(join(tfjsNode, name), { recursive: true, force: true });
}
