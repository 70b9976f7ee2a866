#!/usr/bin/env node
// The command `diffusion-lab-kernel`: puts the kernel into a Jupyter, and takes it out again.
import path from "node:path";
import { parseArgs } from "node:util";
import { install, InstallationError, kernelsFolder, uninstall, vsCodeFolder, type Place } from "./installation.js";

const HELP = `diffusion-lab-kernel install [options]      a TypeScript kernel for the Jupyter of this machine
diffusion-lab-kernel uninstall [options]    takes it out again

JupyterLab, VS Code, nbclient and "jupyter execute" find it at their next start.

  --user               in your own Jupyter folder (default)
  --sys-prefix         in the Python environment that is active
  --prefix DIR         in DIR/share/jupyter
  --name NAME          its name for Jupyter (default diffusion-lab-typescript)
  --display-name TEXT  what menus show (default "TypeScript (diffusion-lab)")
  --help               this text
`;

function main(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      user: { type: "boolean" },
      "sys-prefix": { type: "boolean" },
      prefix: { type: "string" },
      name: { type: "string", default: "diffusion-lab-typescript" },
      "display-name": { type: "string", default: "TypeScript (diffusion-lab)" },
      help: { type: "boolean", short: "h" },
    },
  });
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const places: Place[] = [
    ...(values.user ? [{ kind: "user" } as const] : []),
    ...(values["sys-prefix"] ? [{ kind: "sys-prefix" } as const] : []),
    ...(values.prefix === undefined ? [] : [{ kind: "prefix", prefix: values.prefix } as const]),
  ];
  if (places.length > 1) throw new InstallationError("give one of --user, --sys-prefix and --prefix DIR, not several");
  const [place = { kind: "user" }] = places;
  const [verb, ...others] = positionals;
  if (others.length > 0 || (verb !== "install" && verb !== "uninstall")) {
    throw new InstallationError(
      `${positionals.length === 0 ? "say" : `"${positionals.join(" ")}" is none of`} install or uninstall\n\n${HELP}`,
    );
  }
  const { name } = values;
  if (verb === "uninstall") process.stdout.write(`removed ${uninstall(place, name)}\n`);
  else process.stdout.write(`wrote ${install(place, { name, displayName: values["display-name"] })}\n${hint(place)}`);
}

/** Jupyter can be told that the user's own folder is another; VS Code hears of it in its own way alone. */
function hint(place: Place): string {
  const folder = kernelsFolder(place);
  if (place.kind !== "user" || folder === vsCodeFolder()) return "";
  return `VS Code does not look there; start it with JUPYTER_PATH=${path.dirname(folder)}, or give --prefix\n`;
}

try {
  main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const wrongOption = code?.startsWith("ERR_PARSE_ARGS_");
  if (!(error instanceof InstallationError) && !wrongOption) throw error;
  process.stderr.write(`diffusion-lab-kernel: ${message}\n${wrongOption ? `\n${HELP}` : ""}`);
  process.exitCode = 1;
}
