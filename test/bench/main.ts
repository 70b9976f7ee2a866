/**
 * `npm run bench`: chooses what to measure; each of them reads its own options. `readme` measures nothing: it brings
 * the lines of README.md to what docs/benchmarks.md has.
 */
const [first] = process.argv.slice(2);
if (first === "samplers") await import("./samplers/command.js");
else if (first === "engines") await import("./engines/command.js");
else if (first === "quality") await import("./quality/command.js");
else if (first === "variants") await import("./variants/command.js");
else if (first === "latent") await import("./latent/command.js");
else if (first === "readme") (await import("./pages.js")).refreshReadme();
else await import("./speed/command.js");
export {};
