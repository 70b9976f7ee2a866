/** The library as its users get it: packed, and installed by npm in an empty folder of the system's. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { venvProgram } from "../../src/setup/paths.mjs";
import { npmCommand } from "../../src/setup/support/command.mjs";

export const checkout = fileURLToPath(new URL("../..", import.meta.url));

/** What a program ended with and wrote. */
export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without what npm tells the scripts of this checkout, which would pass for settings of another project's. */
const environment = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^npm_(package|lifecycle|config_local_prefix|config_prefix)|^(INIT_CWD|NODE_TEST_CONTEXT)$/.test(name),
  ),
);

/** Newer npms run no install script that has not been approved; older ones know no such option and run them all. */
const scriptsOn = ["--no-ignore-scripts", "--dangerously-allow-all-scripts"];

/** Runs npm in a folder. */
export function npm(folder: string, ...args: string[]): Ended {
  const command = npmCommand();
  return spawnSync(command.program, [...command.args, ...args], {
    cwd: folder,
    env: environment,
    encoding: "utf8",
    maxBuffer: 1 << 26,
  });
}

function succeeded({ status, stdout, stderr }: Ended): string {
  if (status !== 0) throw new Error(`ended with ${status}\n${stdout}\n${stderr}`);
  return stdout;
}

/** An empty folder that goes when this process ends. */
function emptyFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "package-")));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The tarball of a package of this checkout, and the files npm put into it. */
export function pack(workspace = "diffusion-lab"): { tarball: string; files: string[] } {
  const folder = emptyFolder();
  const output = succeeded(npm(checkout, "pack", "--workspace", workspace, "--pack-destination", folder, "--json"));
  const [{ filename, files }] = JSON.parse(output) as [{ filename: string; files: { path: string }[] }];
  return { tarball: join(folder, filename), files: files.map(({ path }) => path).sort() };
}

/** A project of its own: nothing of the checkout is in it but the tarball. */
export class Project {
  readonly folder = emptyFolder();

  constructor(tarball: string, ...others: string[]) {
    this.write("package.json", JSON.stringify({ name: "project", private: true, type: "module" }));
    succeeded(
      npm(this.folder, "install", ...scriptsOn, "--prefer-offline", "--no-audit", "--no-fund", tarball, ...others),
    );
  }

  path(...names: string[]): string {
    return join(this.folder, ...names);
  }

  json<T>(...names: string[]): T {
    return JSON.parse(readFileSync(this.path(...names), "utf8")) as T;
  }

  write(name: string, content: string): void {
    mkdirSync(join(this.folder, name, ".."), { recursive: true });
    writeFileSync(this.path(name), content);
  }

  /** Runs a TypeScript program in the project. The checkout lends only tsx, which takes the types away. */
  run(name: string, code: string): Ended {
    this.write(name, code);
    const tsx = pathToFileURL(join(checkout, "node_modules", "tsx", "dist", "loader.mjs")).href;
    return spawnSync(process.execPath, ["--import", tsx, name], {
      cwd: this.folder,
      env: environment,
      encoding: "utf8",
      timeout: 180_000,
    });
  }

  /** `npx …` in the project. */
  npx(...words: string[]): Ended {
    return npm(this.folder, "exec", "--", ...words);
  }

  /** Runs a Python program of the checkout's environment in the project. */
  python(code: string, variables: Readonly<Record<string, string>>): Ended {
    return spawnSync(venvProgram("python"), ["-c", code], {
      cwd: this.folder,
      env: { ...environment, ...variables },
      encoding: "utf8",
      timeout: 180_000,
    });
  }

  /** What the checkout's compiler finds wrong in these files and in the library's declarations. */
  typeErrors(...files: string[]): string[] {
    const options = { strict: true, noEmit: true, skipLibCheck: false, target: "ES2022", module: "NodeNext" };
    this.write("tsconfig.json", JSON.stringify({ compilerOptions: { ...options, types: ["node"] }, files }));
    const compiler = join(checkout, "node_modules", "typescript", "bin", "tsc");
    const { stdout } = spawnSync(process.execPath, [compiler, "--pretty", "false", "-p", "."], {
      cwd: this.folder,
      encoding: "utf8",
    });
    // TensorFlow's own declarations do not pass; they are not ours to mend.
    return stdout.split("\n").filter((line) => line.includes("error TS") && !/^node_modules\/@tensorflow\//.test(line));
  }
}
