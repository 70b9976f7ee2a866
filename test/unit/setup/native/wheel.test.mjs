/** Members of a wheel are taken out whole, and damaged wheels are refused. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import { requireChecksum, requireSpace, unpack } from "../../../../src/setup/native/wheel.mjs";
import { run } from "../../../../src/setup/support/command.mjs";
import { requirePython } from "../../../../src/setup/support/python.mjs";

const LIBRARY = Buffer.alloc(300_000, "diffusion ");

/** Python writes the archive that Python reads; which bytes come out is known here. */
const ARCHIVE = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as wheel:
    wheel.writestr("tensorflow/lib.so", b"diffusion " * 30000)
    wheel.writestr("tensorflow/include/c_api.h", "int main;", zipfile.ZIP_STORED)
    wheel.writestr("empty", "")
`;

let python;
before(async () => {
  python = (await requirePython()).executable;
});

async function scratch() {
  const folder = mkdtempSync(join(tmpdir(), "wheel-"));
  const archive = join(folder, "archive.whl");
  await run(python, ["-c", ARCHIVE, archive]);
  return { folder, archive };
}

test("the members asked for come out byte for byte, and no others", async () => {
  const { folder, archive } = await scratch();
  let bytes = 0;
  const members = ["tensorflow/lib.so", "tensorflow/include/c_api.h"];
  await unpack(python, archive, members, folder, (written) => (bytes = written));
  assert.deepEqual(readFileSync(join(folder, members[0])), LIBRARY);
  assert.equal(readFileSync(join(folder, members[1]), "utf8"), "int main;");
  assert.equal(existsSync(join(folder, "empty")), false);
  assert.equal(bytes, LIBRARY.length + 9);
});

test("a missing member, a cut archive and a changed byte are refused", async () => {
  const { folder, archive } = await scratch();
  const refused = (path, members, what) =>
    assert.rejects(unpack(python, path, members, folder), (error) => what.test(error.output));
  await refused(archive, ["no/such.h"], /no\/such\.h/);
  const whole = readFileSync(archive);
  const cut = join(folder, "cut.whl");
  writeFileSync(cut, whole.subarray(0, whole.length - 60));
  await refused(cut, ["empty"], /not a zip file/);
  const changed = join(folder, "changed.whl");
  whole[whole.indexOf("int main;")] ^= 1;
  writeFileSync(changed, whole);
  await refused(changed, ["tensorflow/include/c_api.h"], /CRC/);
});

test("a wheel with another checksum is refused with the two checksums and a remedy", async () => {
  const { archive } = await scratch();
  await requireChecksum(archive, createHash("sha256").update(readFileSync(archive)).digest("hex"));
  await assert.rejects(requireChecksum(archive, "0".repeat(64)), (error) => {
    assert.match(error.why, /checksum [0-9a-f]{16}…, expected 0{16}…/);
    assert.match(error.remedy, /mirror/);
    return true;
  });
});

test("a disk that is too full is refused before the download, with what is free and what is needed", () => {
  requireSpace(tmpdir(), 1);
  assert.throws(
    () => requireSpace(tmpdir(), 1e18),
    (error) =>
      /has \d+ MB free, 1000000000000 MB are needed/.test(error.why) && /DIFFUSION_LAB_CACHE/.test(error.remedy),
  );
});
