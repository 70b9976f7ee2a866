/**
 * What the kernelspec starts: the course's kernel with the checkout's root as its working folder, so that
 * `import … from "diffusion-lab"` means the library beside it wherever the notebook lies.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "./paths.mjs";

process.chdir(ROOT);
const connectionFile = process.argv[2];
const launcher = join(ROOT, "src", "dist", "kernel", "main.js");
if (existsSync(launcher)) {
  process.argv = [process.argv[0], launcher, "--config-path", connectionFile];
  await import(pathToFileURL(launcher).href);
} else {
  const require = createRequire(import.meta.url);
  require("tslab/dist/main.js").startKernel({ configPath: connectionFile, enableFindLocal: false });
}
