/**
 * Makes datasets/emoji anew: pictures of emoji in three free styles, with their names. Run by hand:
 * `node src/setup/emoji/build.mjs`. It installs 45 MB of packages into a temporary folder, renders 5000 pictures in about a
 * minute, and removes the folder again.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../paths.mjs";
import { asSetupError, SetupError } from "../support/errors.mjs";
import { printFailure, Steps } from "../support/steps.mjs";
import { encodeSprite } from "./sprite.mjs";

const PACKAGES = {
  "emojibase-data": "17.0.0",
  "@iconify-json/noto": "1.2.9",
  "@iconify-json/fluent-emoji-flat": "1.2.6",
  "@iconify-json/twemoji": "1.2.5",
};
/** A style, the letter that says in the table that an emoji is there in it, and pictures that abort the renderer. */
const STYLES = [
  { name: "noto", letter: "n", skipped: ["package", "rainbow-flag"] },
  { name: "fluent-emoji-flat", letter: "f", skipped: [] },
  { name: "twemoji", letter: "t", skipped: [] },
];
const TARGET = join(ROOT, "datasets/emoji");
/** The group of skin tones and hair: parts of emoji, not emoji. */
const COMPONENTS = 2;

/** @typedef {{ code: string, group: number, en: string, zh: string }} Emoji */
/** @typedef {{ name: string, letter: string, skipped: string[] }} Style */
/** @typedef {{ body: string, width?: number, height?: number, left?: number, top?: number }} Icon */
/** @typedef {{ icons: Record<string, Icon>, aliases?: Record<string, { parent: string }>, width?: number, height?: number }} IconSet */

/** @param {string} path @returns {unknown} */
const json = (path) => JSON.parse(readFileSync(path, "utf8"));

/** @param {string} modules @returns {{ emoji: Emoji[], groups: Record<string, string> }} */
function readEmoji(modules) {
  /** @typedef {{ hexcode: string, label: string, group?: number, order?: number }} Entry */
  const read = (/** @type {string} */ language) =>
    /** @type {Entry[]} */ (json(join(modules, `emojibase-data/${language}/data.json`)));
  const chinese = new Map(read("zh").map(({ hexcode, label }) => [hexcode, label]));
  const emoji = read("en").flatMap(({ hexcode, label, group, order = 0 }) => {
    const zh = chinese.get(hexcode);
    if (group === undefined || group === COMPONENTS || zh === undefined) return [];
    return [{ code: hexcode, group, en: label, zh, order }];
  });
  emoji.sort((a, b) => a.order - b.order);
  const { groups } = /** @type {{ groups: Record<string, string> }} */ (
    json(join(modules, "emojibase-data/meta/groups.json"))
  );
  return { emoji, groups };
}

/** The SVG of each emoji that the style has, by its code. @param {string} modules @param {Style} style @param {Emoji[]} emoji */
function drawings(modules, style, emoji) {
  const folder = join(modules, "@iconify-json", style.name);
  const set = /** @type {IconSet} */ (json(join(folder, "icons.json")));
  const names = /** @type {Record<string, string>} */ (json(join(folder, "chars.json")));
  /** @type {Map<string, string>} */
  const found = new Map();
  for (const { code } of emoji) {
    const key = code.toLowerCase();
    // Packages disagree on whether the variation selector belongs to the name.
    let name = names[key] ?? names[key.replaceAll("-fe0f", "")];
    if (name === undefined || style.skipped.includes(name)) continue;
    for (let alias = set.aliases?.[name]; !set.icons[name] && alias; alias = set.aliases?.[name]) name = alias.parent;
    const icon = set.icons[name];
    if (!icon) continue;
    const [width, height] = [icon.width ?? set.width, icon.height ?? set.height];
    if (width !== height) continue;
    const box = `${icon.left ?? 0} ${icon.top ?? 0} ${width} ${height}`;
    found.set(
      code,
      `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="${box}" width="32" height="32">${icon.body}</svg>`,
    );
  }
  return found;
}

/**
 * Renders SVGs in a process of its own, which the renderer may abort.
 *
 * @param {string[]} svgs
 * @param {(done: number) => void} onDone
 * @returns {Promise<Buffer[]>} RGBA of 32 × 32 each
 */
async function render(svgs, onDone) {
  const child = spawn(process.execPath, [join(import.meta.dirname, "render.mjs")], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const closed = once(child, "close");
  child.stdin.on("error", () => undefined);
  child.stdin.end(svgs.map((svg) => `${JSON.stringify(svg)}\n`).join(""));
  /** @type {Buffer[]} */
  const pictures = [];
  for await (const line of createInterface({ input: child.stdout })) {
    pictures.push(Buffer.from(line, "base64"));
    onDone(pictures.length);
  }
  await closed;
  if (pictures.length === svgs.length) return pictures;
  throw new SetupError(
    "rendering emoji",
    `the renderer ended at picture ${pictures.length + 1} of ${svgs.length}: ${svgs[pictures.length].slice(0, 200)}`,
    "Give the picture's name to `skipped` of its style in src/setup/emoji/build.mjs.",
  );
}

async function build() {
  const steps = new Steps();
  const folder = mkdtempSync(join(tmpdir(), "emoji-"));
  try {
    const modules = join(folder, "node_modules");
    await steps.step("packages", "45 MB, about 20 s", async () => {
      writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, dependencies: PACKAGES }));
      const npm = spawn("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund"], {
        cwd: folder,
        stdio: "ignore",
      });
      const [code] = await once(npm, "close");
      if (code !== 0) {
        throw new SetupError(
          "packages",
          `npm install ended with ${code}`,
          "Look whether there is a network, and again.",
        );
      }
      return Object.entries(PACKAGES)
        .map(([name, version]) => `${name} ${version}`)
        .join(", ");
    });
    const { emoji, groups } = readEmoji(modules);
    mkdirSync(TARGET, { recursive: true });
    /** @type {Map<string, string>} */
    const styles = new Map(emoji.map(({ code }) => [code, ""]));
    for (const style of STYLES) {
      await steps.step(style.name, "about 20 s", async (progress) => {
        const found = drawings(modules, style, emoji);
        const pictures = await render([...found.values()], (done) => progress(`${done} of ${found.size} pictures`));
        for (const code of found.keys()) styles.set(code, `${styles.get(code)}${style.letter}`);
        const png = encodeSprite(pictures);
        writeFileSync(join(TARGET, `${style.name}.png`), png);
        return `${found.size} pictures, ${Math.round(png.length / 1000)} kB`;
      });
    }
    const rows = emoji
      .filter(({ code }) => styles.get(code) !== "")
      .map(({ code, group, en, zh }) => [code, groups[group], styles.get(code), en, zh].join("\t"));
    writeFileSync(
      join(TARGET, "captions.tsv"),
      `${[["code", "group", "styles", "en", "zh"].join("\t"), ...rows].join("\n")}\n`,
    );
    copyFileSync(join(modules, "emojibase-data/LICENSE"), join(TARGET, "LICENSE-emojibase.txt"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

try {
  await build();
} catch (error) {
  printFailure(asSetupError("emoji", error));
  process.exitCode = 1;
}
