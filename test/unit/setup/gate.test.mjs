/** Versions of Node and Python are accepted exactly from the first that suffices. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { isSupportedNode, isSupportedPython, nodeRefusal, parseVersion } from "../../../src/setup/support/gate.mjs";

test("Node versions are accepted from the first release that has what the course needs", () => {
  const accepted = ["v20.19.0", "v20.20.2", "v22.12.0", "v22.23.3", "v24.0.0", "v25.1.0", "v24.0.0-nightly2025"];
  const refused = ["v14.21.3", "v18.20.4", "v20.18.3", "v21.7.0", "v22.11.0", "v23.11.0", "", "unknown"];
  for (const version of accepted) assert.equal(isSupportedNode(version), true, version);
  for (const version of refused) assert.equal(isSupportedNode(version), false, version);
});

test("Python is accepted from 3.10 on", () => {
  for (const version of ["3.10.0", "3.11.7", "3.14.0rc1"]) assert.equal(isSupportedPython(version), true, version);
  for (const version of ["2.7.18", "3.9.18", "4.0.0", "nonsense"])
    assert.equal(isSupportedPython(version), false, version);
});

test("a version is read as three numbers", () => {
  assert.deepEqual(parseVersion("v20.19.3"), [20, 19, 3]);
  assert.deepEqual(parseVersion("3.14.0rc1"), [3, 14, 0]);
  assert.equal(parseVersion("none"), null);
});

test("the refusal names the version at hand, what is needed and where to get it", () => {
  const text = nodeRefusal("v18.20.4");
  assert.match(text, /18\.20\.4/);
  assert.match(text, /20\.19/);
  assert.match(text, /nodejs\.org/);
});
