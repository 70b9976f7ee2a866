/** `npm run bench`: chooses what to measure; each of the three reads its own options. */
const [first] = process.argv.slice(2);
if (first === "samplers") await import("./samplers/command.js");
else if (first === "quality") await import("./quality/command.js");
else await import("./speed/command.js");
export {};
