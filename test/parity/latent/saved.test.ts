/** What open_saved.py saw: pipelines that are saved here opened in diffusers, and drew the same pictures. */
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hashOf } from "../pipelines/models.js";
import { request, saveNarrow } from "./saved.js";

const folder = mkdtempSync(join(tmpdir(), "saved-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const result = JSON.parse(readFileSync(join(import.meta.dirname, "saved.json"), "utf8")) as {
  readonly request: object;
  readonly models: Readonly<
    Record<string, { readonly sha256: string; readonly latents: number; readonly pixels: number }>
  >;
};

test("diffusers drew the same from what is saved here: latents to 1e-3, pixels to 2 of 255", () => {
  saveNarrow(join(folder, "narrow"));
  assert.ok("narrow" in result.models);
  assert.deepEqual(result.request, request);
  for (const [name, { sha256, latents, pixels }] of Object.entries(result.models)) {
    const place = name === "narrow" ? join(folder, name) : name;
    assert.equal(
      hashOf(place),
      sha256,
      `${name} is not what diffusers opened: run test/parity/latent/open_saved.py with it again`,
    );
    assert.ok(latents <= 1e-3 && pixels <= 2, name);
  }
});
