/** Which Node and Python will do. Every command loads this first: it must parse on old Nodes, so no recent syntax. */

/** What the library's dependencies ask of Node: `require(esm)` and the N-API version of the addon. */
export const SUPPORTED_NODE = "20.19 or later 20.x, 22.12 or later 22.x, or 24 and newer";

/**
 * "v20.19.3" → [20, 19, 3]; a suffix such as "-nightly" is dropped.
 *
 * @param {string} text
 */
export function parseVersion(text) {
  const match = /(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text);
  if (match === null) return null;
  return [Number(match[1]), Number(match[2] || 0), Number(match[3] || 0)];
}

/** @param {string} text */
export function isSupportedNode(text) {
  const version = parseVersion(text);
  if (version === null) return false;
  const major = version[0];
  const minor = version[1];
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
}

/**
 * JupyterLab 4.6 and its dependencies need Python 3.10.
 *
 * @param {string} text
 */
export function isSupportedPython(text) {
  const version = parseVersion(text);
  return version !== null && version[0] === 3 && version[1] >= 10;
}

/** @param {string} text */
export function nodeRefusal(text) {
  return [
    "diffusion-lab needs Node " + SUPPORTED_NODE + "; this is Node " + text.replace(/^v/, "") + ".",
    "Remedy: install Node 22 or 24 from https://nodejs.org (or `nvm install 22`), open a new terminal, try again.",
  ].join("\n");
}

/** Ends the process with an explanation when Node is too old (or an unmaintained odd release). */
export function requireSupportedNode() {
  if (isSupportedNode(process.version)) return;
  console.error(nodeRefusal(process.version));
  process.exit(1);
}
