/** The kernel's command puts it where Jupyter and VS Code look, on each system; where they look is asked of Jupyter itself. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { kernelsFolder, vsCodeFolder } from "../../src/kernel/installation.js";
import { venvProgram } from "../../src/setup/paths.mjs";
import { BUILT_KERNEL } from "./kernel.js";

type Environment = Readonly<Record<string, string>>;

const NAME = "diffusion-lab-typescript";
const empty = realpathSync(mkdtempSync(path.join(tmpdir(), "jupyter-")));
after(() => rmSync(empty, { recursive: true, force: true }));
const inside = (...names: string[]): string => path.join(empty, ...names);

/** Nothing of this machine's Jupyter, and its PATH. */
const bare = (env: Environment): Environment => ({ PATH: process.env.PATH ?? "", HOME: inside("home"), ...env });

const USER = { kind: "user" } as const;
const user = (platform: NodeJS.Platform, env: Environment): string => kernelsFolder(USER, env, platform);

test("the user's own folder is Jupyter's on Linux, macOS and Windows, and with each variable that moves it", () => {
  const unix = { HOME: "/home/ada" };
  assert.equal(user("linux", unix), "/home/ada/.local/share/jupyter/kernels");
  assert.equal(user("freebsd", { ...unix, XDG_DATA_HOME: "/data" }), "/data/jupyter/kernels");
  assert.equal(user("linux", { ...unix, XDG_DATA_HOME: "" }), "/home/ada/.local/share/jupyter/kernels");
  assert.equal(user("darwin", { HOME: "/Users/ada", XDG_DATA_HOME: "/data" }), "/Users/ada/Library/Jupyter/kernels");
  const platform = { JUPYTER_PLATFORM_DIRS: "1" };
  assert.equal(
    user("darwin", { HOME: "/Users/ada", ...platform }),
    "/Users/ada/Library/Application Support/Jupyter/kernels",
  );
  assert.equal(user("linux", { ...unix, ...platform }), "/home/ada/.local/share/jupyter/kernels");
  const windows = { USERPROFILE: "C:\\Users\\ada", HOME: "/c/Users/ada" };
  const roaming = "C:\\Users\\ada\\AppData\\Roaming";
  assert.equal(user("win32", { ...windows, APPDATA: roaming }), `${roaming}\\jupyter\\kernels`);
  assert.equal(user("win32", windows), "C:\\Users\\ada\\.jupyter\\data\\kernels");
  assert.equal(user("win32", { ...windows, JUPYTER_CONFIG_DIR: "D:\\config" }), "D:\\config\\data\\kernels");
  assert.equal(user("win32", { ...windows, ...platform }), "C:\\Users\\ada\\AppData\\Local\\Jupyter\\kernels");
  for (const [system, folder] of [
    ["linux", "/own"],
    ["darwin", "/own"],
    ["win32", "D:\\own"],
  ] as const)
    assert.equal(
      user(system, { ...unix, ...windows, ...platform, JUPYTER_DATA_DIR: folder }),
      (system === "win32" ? path.win32 : path.posix).join(folder, "kernels"),
    );
  assert.equal(user("linux", {}), `${homedir()}/.local/share/jupyter/kernels`);
});

test("VS Code looks into the same folder of the home, and a prefix is the same everywhere", () => {
  assert.equal(
    vsCodeFolder({ HOME: "/home/ada", XDG_DATA_HOME: "/x" }, "linux"),
    "/home/ada/.local/share/jupyter/kernels",
  );
  assert.equal(vsCodeFolder({ HOME: "/Users/ada" }, "darwin"), "/Users/ada/Library/Jupyter/kernels");
  assert.equal(
    vsCodeFolder({ USERPROFILE: "C:\\Users\\ada" }, "win32"),
    "C:\\Users\\ada\\AppData\\Roaming\\jupyter\\kernels",
  );
  const at = (prefix: string, platform: NodeJS.Platform): string =>
    kernelsFolder({ kind: "prefix", prefix }, {}, platform);
  assert.equal(at("/opt/lab", "linux"), "/opt/lab/share/jupyter/kernels");
  assert.equal(at("/opt/lab", "darwin"), "/opt/lab/share/jupyter/kernels");
  assert.equal(at("C:\\lab", "win32"), "C:\\lab\\share\\jupyter\\kernels");
});

/** Runs the command as it is installed. */
function command(env: Environment, ...words: string[]): string {
  const ran = spawnSync(process.execPath, [path.join(BUILT_KERNEL, "cli.js"), ...words], { env, encoding: "utf8" });
  assert.equal(ran.status, 0, ran.stderr);
  return ran.stdout;
}

/** The kernels that Jupyter finds, by name. */
function found(env: Environment): Record<string, string> {
  const program =
    "import json; from jupyter_client.kernelspec import KernelSpecManager as M; print(json.dumps(M().find_kernel_specs()))";
  const { status, stdout, stderr } = spawnSync(venvProgram("python"), ["-c", program], { env, encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return JSON.parse(stdout) as Record<string, string>;
}

test("what the command writes in an empty home, data folder or prefix, Jupyter finds there, until it is taken out", () => {
  const home = inside("home", ".local", "share", "jupyter", "kernels", NAME);
  const cases: [env: Environment, words: string[], folder: string, hint: RegExp][] = [
    [bare({}), [], home, /^wrote .*kernel\.json\n$/],
    [bare({}), ["--user"], home, /^wrote .*kernel\.json\n$/],
    [
      bare({ XDG_DATA_HOME: inside("xdg") }),
      ["--user"],
      inside("xdg", "jupyter", "kernels", NAME),
      /JUPYTER_PATH=.*xdg.jupyter, or/,
    ],
    [
      bare({ JUPYTER_DATA_DIR: inside("own") }),
      ["--user"],
      inside("own", "kernels", NAME),
      /VS Code does not look there; start it with JUPYTER_PATH=.*own, or/,
    ],
    [
      bare({ JUPYTER_PATH: inside("there", "share", "jupyter") }),
      ["--prefix", inside("there")],
      inside("there", "share", "jupyter", "kernels", NAME),
      /^wrote .*kernel\.json\n$/,
    ],
  ];
  for (const [env, words, folder, hint] of cases) {
    assert.match(command(env, "install", ...words), hint);
    assert.equal(found(env)[NAME], folder);
    const { argv } = JSON.parse(readFileSync(path.join(folder, "kernel.json"), "utf8")) as { argv: string[] };
    assert.ok(
      argv.every((word) => !path.isAbsolute(word) || existsSync(word)),
      String(argv),
    );
    command(env, "uninstall", ...words);
    assert.equal(found(env)[NAME], undefined);
  }
});

test("--sys-prefix puts it into the Python environment that is active", () => {
  const environment = inside("venv");
  const made = spawnSync(venvProgram("python"), ["-m", "venv", "--without-pip", environment], { encoding: "utf8" });
  assert.equal(made.status, 0, made.stderr);
  const programs = path.join(environment, process.platform === "win32" ? "Scripts" : "bin");
  const env = bare({ VIRTUAL_ENV: environment, PATH: [programs, process.env.PATH].join(path.delimiter) });
  command(env, "install", "--sys-prefix");
  assert.ok(existsSync(path.join(environment, "share", "jupyter", "kernels", NAME, "kernel.json")));
  command(env, "uninstall", "--sys-prefix");
  assert.ok(!existsSync(path.join(environment, "share", "jupyter", "kernels", NAME)));
});
