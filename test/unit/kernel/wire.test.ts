/** Jupyter messages keep their content on the wire and are refused with a wrong signature. */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toCodePoints, toUtf16 } from "../../../src/kernel/positions.js";
import { decode, encode, newHeader, Signer, WireError, type Message } from "../../../src/kernel/wire.js";

const frames = (message: Message, key: string): Buffer[] =>
  encode(new Signer(key), message).map((frame) => Buffer.from(frame));

const message: Message = {
  identities: [Buffer.from([1, 2])],
  header: newHeader("execute_request", "session"),
  parent: {},
  metadata: { a: 1 },
  content: { code: "é 𝛼" },
  buffers: [Buffer.from([9])],
};

test("a message survives the wire", () => {
  assert.deepEqual(decode(new Signer("key"), frames(message, "key")), message);
  assert.deepEqual(decode(new Signer(""), frames(message, "")), message);
});

test("the signature is HMAC-SHA256 over the four parts", () => {
  // From RFC 4231, test case 2: key "Jefe", data "what do ya want for nothing?".
  const signed = new Signer("Jefe").sign(["what do ya want ", "for nothing?"]);
  assert.equal(signed, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
});

test("a wrong key, a changed byte and missing parts are refused", () => {
  const refused = (bad: Buffer[], key = "key"): void => assert.throws(() => decode(new Signer(key), bad), WireError);
  refused(frames(message, "other"));
  const changed = frames(message, "key");
  changed[6] = Buffer.from('{"code":"x"}');
  refused(changed);
  refused(frames(message, "key").slice(0, 5));
  refused([Buffer.from("nonsense")]);
});

test("cursor positions convert between code points and UTF-16 units", () => {
  assert.equal(toUtf16("𝛼𝛽x", 2), 4);
  assert.equal(toCodePoints("𝛼𝛽x", 4), 2);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (code) => {
      const points = [...code];
      const at = Math.floor(points.length / 2);
      assert.equal(toUtf16(code, at), points.slice(0, at).join("").length);
      assert.equal(toCodePoints(code, toUtf16(code, at)), at);
      assert.equal(toUtf16(code, points.length + 5), code.length);
    }),
  );
});
