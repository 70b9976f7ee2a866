/**
 * Test files as Node runs them: what is a test's own in one file, types taken away, on the packages as set-up has built
 * them. A process then starts in half the time that it takes to compile the library's sources again. `node --import tsx
 * --test FILE` says the same of the sources.
 */
import { readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import { build, transform } from "esbuild";
import { ROOT } from "../../src/setup/paths.mjs";

/** Packages that are built into their folder `dist`, an inner one before that which it lies in. */
const PACKAGES = ["src/kernel", "src/lab", "src", "test/bench"].map((folder) => join(ROOT, folder));

/**
 * Where a module that a test imports runs: a package's is the built one, its plain JavaScript stays where it is; a test's
 * own goes into the test's file.
 *
 * @param {string} file
 * @returns {string | null}
 */
function place(file) {
  const home = PACKAGES.find((folder) => file.startsWith(folder + sep));
  if (home === undefined) return null;
  const built = /\.[jt]s$/.test(file);
  return built ? join(home, "dist", relative(home, file).replace(/\.ts$/, ".js")) : file;
}

/** @type {import("esbuild").Plugin} */
const onBuiltPackages = {
  name: "on built packages",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\.?\// }, ({ path, resolveDir }) => {
      const found = place(resolve(resolveDir, path));
      return found === null ? null : { path: pathToFileURL(found).href, external: true };
    });
    // A test that looks for files beside itself finds them: it is told where it was written, not where it runs.
    onLoad({ filter: /\.m?[jt]s$/ }, async ({ path }) => {
      const source = readFileSync(path, "utf8");
      if (!source.includes("import.meta")) return null;
      const { code } = await transform(source, {
        loader: "ts",
        format: "esm",
        target: "node20",
        sourcefile: path,
        sourcemap: "inline",
        define: {
          "import.meta.url": JSON.stringify(pathToFileURL(path).href),
          "import.meta.dirname": JSON.stringify(dirname(path)),
          "import.meta.filename": JSON.stringify(path),
        },
      });
      return { contents: code, loader: "js" };
    });
  },
};

/**
 * Compiles test files in TypeScript.
 *
 * @param {string[]} files paths from the root
 * @param {string} folder where to, within the checkout
 * @returns {Promise<string[]>} what runs for each: itself, if it is JavaScript
 */
export async function compiled(files, folder) {
  const inTypeScript = (/** @type {string} */ file) => file.endsWith(".ts");
  await build({
    absWorkingDir: ROOT,
    entryPoints: files.filter(inTypeScript),
    outbase: ".",
    outdir: folder,
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    target: "node20",
    // As tsx does: functions keep their names where two files have one of the same.
    keepNames: true,
    sourcemap: true,
    logLevel: "warning",
    plugins: [onBuiltPackages],
  });
  return files.map((file) => (inTypeScript(file) ? join(folder, file.replace(/\.ts$/, ".js")) : file));
}
