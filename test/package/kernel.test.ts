/** The kernel as others install it: packed, in an empty project, put into an empty Jupyter, and run there by nbclient. */
import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { before, test } from "node:test";
import { checkout, pack, Project } from "./installed.js";

let project: Project;
let packed: ReturnType<typeof pack>;

before(() => {
  packed = pack("diffusion-lab-kernel");
  project = new Project(packed.tarball);
});

const command = (...words: string[]) => project.npx("diffusion-lab-kernel", ...words);
const NAME = "diffusion-lab-typescript";
const specAt = (prefix: string, name = NAME): string =>
  project.path(prefix, "share", "jupyter", "kernels", name, "kernel.json");

test("packed are the compiled kernel, its page and its licence; neither TensorFlow nor the library comes with it", () => {
  for (const file of ["README.md", "LICENSE", "package.json", "dist/cli.js", "dist/launcher.js"]) {
    assert.ok(packed.files.includes(file), file);
  }
  assert.ok(!packed.files.some((file) => /\.map$|tsbuildinfo/.test(file)));
  // npm builds before it packs: every source is there, and nothing that has none.
  const sources = readdirSync(join(checkout, "src", "kernel")).filter((file) => file.endsWith(".ts"));
  const scripts = packed.files.filter((file) => file.endsWith(".js")).map((file) => file.replace("dist/", ""));
  assert.deepEqual(scripts.sort(), sources.map((file) => file.replace(/ts$/, "js")).sort());
  for (const other of ["diffusion-lab", "@tensorflow"])
    assert.ok(!existsSync(project.path("node_modules", other)), other);
});

test("nbclient runs a TypeScript notebook on it, in a Jupyter that had nothing", () => {
  const { status, stdout, stderr } = command("install", "--prefix", "jupyter");
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `wrote ${specAt("jupyter")}\n`);
  project.write(
    "notes/sum.ts",
    "export const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);\n",
  );
  const program = `
import nbformat
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
cells = [
    'import { sum } from "./notes/sum";\\nconst xs: number[] = [1, 2, 3];\\nconsole.log("sum", sum(xs));',
    "await Promise.resolve(xs.length)",
    "const wrong: string = 1;",
]
notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
notebook.cells[2].metadata.tags = ["raises-exception"]
NotebookClient(notebook, kernel_name="${NAME}", timeout=120).execute()
for cell in notebook.cells:
    for output in cell.outputs:
        print(output.output_type, output.get("text") or output.get("data", {}).get("text/plain") or output.get("ename"))
print(notebook.metadata.language_info.name)
`;
  const places = { JUPYTER_PATH: project.path("jupyter", "share", "jupyter"), JUPYTER_DATA_DIR: project.path("data") };
  const ran = project.python(program, { ...places, JUPYTER_CONFIG_DIR: project.path("config") });
  assert.equal(ran.status, 0, ran.stderr);
  const lines = ran.stdout.split("\n").filter((line) => line !== "");
  assert.deepEqual(lines.slice(0, 2), ["stream sum 6", "execute_result 3"]);
  assert.match(lines[2], /^error \S+/);
  assert.equal(lines[3], "typescript");
});

test("uninstall takes out what install put in, and nothing else", () => {
  assert.equal(command("install", "--prefix", "twice", "--name", "mine", "--display-name", "Mine").status, 0);
  assert.equal(command("install", "--prefix", "twice", "--name", "mine", "--display-name", "Other").status, 0);
  const spec = JSON.parse(readFileSync(specAt("twice", "mine"), "utf8")) as { display_name: string; argv: string[] };
  assert.equal(spec.display_name, "Other");
  assert.equal(spec.argv[0], process.execPath);
  const removed = command("uninstall", "--prefix", "twice", "--name", "mine");
  assert.equal(removed.stdout, `removed ${specAt("twice", "mine")}\n`, removed.stderr);
  assert.ok(!existsSync(dirname(specAt("twice", "mine"))));
});

test("a kernel of somebody else's is neither replaced nor removed, and what makes no sense is refused", () => {
  const foreign = specAt("foreign", "tslab");
  mkdirSync(dirname(foreign), { recursive: true });
  writeFileSync(foreign, '{ "argv": ["tslab"] }');
  const refused = (message: RegExp, ...words: string[]): void => {
    const { status, stderr } = command(...words);
    assert.equal(status, 1, words.join(" "));
    assert.match(stderr, message);
  };
  refused(/the kernel "tslab" in .* is not of this package\. Give another --name/, "install", "--prefix", "foreign", "--name", "tslab"); // prettier-ignore
  refused(/is not of this package\. It is left alone/, "uninstall", "--prefix", "foreign", "--name", "tslab");
  assert.equal(readFileSync(foreign, "utf8"), '{ "argv": ["tslab"] }');
  refused(/there is no kernel "diffusion-lab-typescript" in/, "uninstall", "--prefix", "foreign");
  refused(/"\.\." is no name of a kernel/, "install", "--prefix", "foreign", "--name", "..");
  refused(/"a\/b" is no name of a kernel/, "install", "--prefix", "foreign", "--name", "a/b");
  refused(/give one of --user, --sys-prefix and --prefix DIR/, "install", "--user", "--prefix", "foreign");
  refused(/"start" is none of install or uninstall/, "start");
  refused(/Unknown option '--nam'/, "install", "--nam", "x");
  refused(/say install or uninstall/);
  assert.match(command("--help").stdout, /^diffusion-lab-kernel install \[options\]/);
});
