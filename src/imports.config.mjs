/** Which room of the library may import which, for dependency-cruiser: `npm run lint` holds every import to it. */

/** From the ground up: a room imports only rooms of earlier lines, and what lies within itself. */
const FLOORS = [
  ["base"],
  ["runtime"],
  ["random", "numeric", "files"],
  ["nn", "compile", "data", "text"],
  ["diffusion"],
  ["networks"],
  ["onnx"],
  ["samplers"],
  ["training"],
  ["families"],
  ["metrics"],
  ["plot"],
  ["compare"],
  ["notebook"],
  ["cli", "course"],
];

/** They stand alone. The kernel and the page run without the library; the set-up runs before anything is installed. */
const ALONE = ["kernel", "lab", "setup"];

/** Files that may import Node's own modules. The rest must run in a browser too. */
const NODE = [
  "^src/(cli|course|kernel|setup)/",
  // A notebook's cells run in the kernel.
  "^src/notebook/",
  "^src/runtime/(native|plain)[.]ts$",
  "^src/files/",
  "^src/onnx/(engine|model-file|pace|runtime-package|runtime-session)[.]ts$",
  "^src/data/(digits|download|emoji|fetch|idx|image-folder)[.]ts$",
  // What a graph needs; compile/graphs.ts is the door to it.
  "^src/compile/(processor|graph-emitter|recorder|shape-inference|signature-store|graph-cache)[.]ts$",
  "^src/families/(folder|json-files|model-choice|network-folder|weights-files)[.]ts$",
  "^src/families/[a-z-]+/(folder|old-folder)[.]ts$",
  "^src/text/(open-ai-vocabulary|tokenizer-folder)[.]ts$",
  "^src/training/state-file[.]ts$",
  "^src/compare/(store|worker)[.]ts$",
  "^src/plot/(font|rasterise|static)[.]ts$",
];

const within = (rooms) => `^src/(${rooms.join("|")})/`;

const upward = FLOORS.flatMap((rooms, floor) =>
  rooms.map((room) => ({
    name: `${room}-imports-upward`,
    comment: `src/${room} may import only ${[...FLOORS.slice(0, floor).flat(), room].join(", ")}.`,
    severity: "error",
    from: { path: within([room]) },
    to: {
      path: "^src/",
      pathNot: [within([...FLOORS.slice(0, floor).flat(), room]), ...(room === "notebook" ? [within(["kernel"])] : [])],
    },
  })),
);

export default {
  forbidden: [
    ...upward,
    ...ALONE.map((room) => ({
      name: `${room}-stands-alone`,
      comment: `src/${room} imports nothing of the other rooms.`,
      severity: "error",
      from: { path: within([room]) },
      to: { path: "^src/", pathNot: within([room]) },
    })),
    {
      name: "the-kernel-is-known-by-its-types",
      comment: "Only src/notebook may import src/kernel, and only its types, which are gone at run time.",
      severity: "error",
      from: { path: "^src/notebook/" },
      to: { path: "^src/kernel/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "no-circle",
      comment: "Files that import each other cannot be read one at a time: move what both need to a third.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true },
    },
    {
      name: "no-node-below-the-files",
      comment: "What computes runs in a browser too: reach files and processes through those listed as NODE.",
      severity: "error",
      from: { path: "^src/", pathNot: NODE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "every-room-has-its-floor",
      comment: "A new folder of src/ needs a place in FLOORS.",
      severity: "error",
      from: { path: "^src/", pathNot: [within([...FLOORS.flat(), ...ALONE]), "^src/index[.]ts$"] },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: "(^|/)(node_modules|dist)/" },
    exclude: { path: ["^src/dist/", "^src/imports[.]config[.]mjs$"] },
    tsPreCompilationDeps: true,
  },
};
