/** A web page or a pointer of Git LFS in the place of a file is named as such, with what to do, by every reader. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { gzipSync } from "node:zlib";
import {
  decodeJpeg,
  decodePicture,
  decodePng,
  loadModel,
  loadNetwork,
  parseIdx,
  PointMlp,
  readIdx,
  SafetensorsFile,
  saveNetwork,
  ShardedSafetensors,
} from "../../../src/index.js";
import { standIn } from "../../../src/base/stand-in.js";

const folder = mkdtempSync(join(tmpdir(), "stand-in-"));
after(() => rmSync(folder, { recursive: true }));
let count = 0;
const file = (content: Buffer, name = `file-${count++}`): string => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

const PAGES: Readonly<Record<string, RegExp>> = {
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 132\n":
    /(is|are) a pointer of Git LFS .*`git lfs pull`/,
  "<!DOCTYPE html>\n<html><head><title>Sign in</title></head></html>":
    /(is|are) a web page \(HTML\) .*download the file itself/,
  "\ufeff\n  <html lang='en'><body>404</body></html>": /(is|are) a web page \(HTML\)/,
  "<?xml version='1.0'?>\n<Error><Code>AccessDenied</Code></Error>": /(is|are) a server's refusal \(XML\)/,
};

describe("what stands in the place of a file", () => {
  for (const [text, message] of Object.entries(PAGES)) {
    const bytes = Buffer.from(text);
    test(String(message), async () => {
      const readers: readonly (() => unknown)[] = [
        () => new SafetensorsFile(file(bytes)),
        () => new ShardedSafetensors(file(bytes)),
        () => parseIdx(bytes, "images.idx"),
        () => decodePng(bytes),
        () => decodeJpeg(bytes),
        () => decodePicture(bytes),
        () => {
          mkdirSync(join(folder, "model"), { recursive: true });
          return loadModel(join(file(bytes, "model/model_index.json"), ".."));
        },
        () => {
          const place = join(folder, `network-${count++}`);
          saveNetwork(new PointMlp({ hidden: [4], time_channels: 4 }), place);
          writeFileSync(join(place, "diffusion_pytorch_model.safetensors"), bytes);
          return loadNetwork(place);
        },
      ];
      for (const read of readers) assert.throws(read, message);
      await assert.rejects(readIdx(file(bytes)), message);
      await assert.rejects(readIdx(file(gzipSync(bytes), `${count++}.gz`)), message);
    });
  }
});

test("nothing that is the file itself is taken for another", () => {
  const files = ["{}", "", "<svg xmlns='http://www.w3.org/2000/svg'/>", "version 2", "\x89PNG\r\n\x1a\n", "html"];
  for (const text of files) assert.equal(standIn(text), undefined, text);
});
