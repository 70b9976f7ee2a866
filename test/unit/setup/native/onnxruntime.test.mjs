/** ONNX Runtime's folder: made whole or not at all, of the tested package only, and judged by the doctor. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import {
  checkOnnxruntime,
  fillFolder,
  INSTALL,
  onnxruntimeFolder,
  PACKAGE,
  requireIntegrity,
} from "../../../../src/setup/native/onnxruntime.mjs";

const scratch = mkdtempSync(join(tmpdir(), "onnxruntime-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

const NAMES = [
  "onnxruntime_binding.node",
  "libonnxruntime.so.1",
  "libonnxruntime.1.dylib",
  "libonnxruntime.1.30.0.dylib",
];

/** A package with the files of this machine, and more. */
function packed() {
  const source = join(scratch, "source");
  const place = join(source, "package", "bin", "napi-v6", process.platform, process.arch);
  mkdirSync(place, { recursive: true });
  for (const name of NAMES) writeFileSync(join(place, name), `content of ${name}`);
  writeFileSync(join(source, "package", "package.json"), "{}");
  const archive = join(scratch, "package.tgz");
  execFileSync("tar", ["-czf", archive, "-C", source, "package"]);
  return archive;
}

test("the folder holds what this machine needs and a manifest, and the doctor finds it whole, damaged or absent", async () => {
  const archive = packed();
  const cache = join(scratch, "cache");
  const folder = onnxruntimeFolder(cache);
  assert.equal((await checkOnnxruntime(folder)).state, "optional");
  mkdirSync(join(cache, "onnxruntime-1.0.0-linux-x64.tmp-1"), { recursive: true });
  await fillFolder(
    folder,
    () => undefined,
    async (into) => {
      cpSync(archive, join(into, "package.tgz"));
      return join(into, "package.tgz");
    },
  );
  assert.deepEqual(readdirSync(cache), [folder.slice(cache.length + 1)]);
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
  const files = Object.keys(manifest.files);
  assert.deepEqual(readdirSync(folder).sort(), [...files, "manifest.json"].sort());
  assert.ok(files.every((name) => NAMES.includes(name)) && files.length >= 2);
  assert.equal((await checkOnnxruntime(folder)).state, "ok");

  // As long as before, with another content.
  writeFileSync(join(folder, files[0]), `Content of ${files[0]}`);
  const damaged = await checkOnnxruntime(folder);
  assert.deepEqual([damaged.state, damaged.found, damaged.remedy], ["missing", `${files[0]} damaged`, INSTALL]);
});

test("a download that breaks off leaves nothing", async () => {
  const cache = join(scratch, "broken");
  const fetch = async (/** @type {string} */ into) => {
    writeFileSync(join(into, "half"), "");
    throw new Error("ECONNRESET");
  };
  await assert.rejects(() => fillFolder(onnxruntimeFolder(cache), () => undefined, fetch), /ECONNRESET/);
  assert.deepEqual(readdirSync(cache), []);
  assert.ok(!existsSync(onnxruntimeFolder(cache)));
});

test("a package of another checksum is refused", async () => {
  const path = join(scratch, "other.tgz");
  writeFileSync(path, "abc");
  // SHA-512 of "abc", from FIPS 180-2.
  const known = Buffer.from(
    "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
    "hex",
  );
  await requireIntegrity(path, `sha512-${known.toString("base64")}`);
  await assert.rejects(
    () => requireIntegrity(path),
    /has checksum sha512-3a81oZNherrMQXNJ…, expected sha512-twhs1C2C\/BFkz1yc…/,
  );
});

test("the library loads the version that is installed", () => {
  const source = readFileSync(new URL("../../../../src/onnx/runtime-package.ts", import.meta.url), "utf8");
  assert.equal(/ONNXRUNTIME_VERSION = "(.*)"/.exec(source)?.[1], PACKAGE.version);
  assert.ok(source.includes(`${Math.round(PACKAGE.bytes / 1e6)} MB to download`));
});
