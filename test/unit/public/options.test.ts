/** Every public function that takes named options refuses a name it does not know, and names the nearest one. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { call } from "./call.js";
import { calls } from "./calls.js";
import { VALUES } from "./made-here.js";
import { optionParameters, publicCalls, type OptionParameter } from "./option-parameters.js";

/** Parameters that are handed on whole, or of which more is given than is read. */
const HANDED_ON = new Map([
  ["labelsFor#1", "what generate takes"],
  ["saveVae#1", "a VaeModel is one"],
  ["saveAutoencoder#1", "an AutoencoderModel is one"],
  ["saveNormalisingFlow#1", "a NormalisingFlowModel is one"],
  ["saveGan#1", "a GanModel is one"],
  ["GanModel#0", "another GanModel is one"],
  ["modesCovered#1", "the modes of a data set, as ringModes makes them"],
  ["Progress.onStep#0", "a trainer's report is one"],
]);

/** They are given a sampler's options, its own among them: only what is nearly a name is taken for a slip. */
const WHOLE_SAMPLER = ["timeGrid", "estimate", "marchInSigma", "runOnAnyPath"];

/** What has no call here: errors with a message, what a step of a training calls with what it has made itself, and what Parameters has. */
const NO_CALL = /Error$|^ParameterView\b|Task\.(loss|\w+Loss|phaseLoss)$|^TrainingStep\.run$|^Probe(\.all)?$/;

const MODULES = ["src/index.ts", "src/notebook/index.ts"];
const parameters = optionParameters(MODULES).filter(
  ({ of, index, type }) => !VALUES.has(type) && !type.startsWith("Partial<") && !HANDED_ON.has(`${of}#${index}`),
);
/** The constructor of a network hands its second parameter to Parameters, whose options they are. */
const isNetwork = ({ of, type }: OptionParameter): boolean => type === "NetworkOptions" && of !== "UNet2D";

const home = process.cwd();
const folder = mkdtempSync(join(tmpdir(), "options-"));
process.chdir(folder);
after(() => {
  process.chdir(home);
  rmSync(folder, { recursive: true, force: true });
});

async function refusal(of: string, args: readonly unknown[]): Promise<string> {
  try {
    await call(of, args);
    return "";
  } catch (error) {
    return (error as Error).message;
  }
}

test("every public call has a valid one here, which refusals.test.ts makes wrong", () => {
  const missing = publicCalls(MODULES).filter((name) => !NO_CALL.test(name) && !Object.hasOwn(calls, name));
  assert.deepEqual(missing, [], "give each a minimal call in test/unit/public/calls-*.ts");
});

test("every parameter that takes options has a valid call here", () => {
  const missing = parameters.filter((one) => !isNetwork(one) && !Object.hasOwn(calls, one.of)).map(({ of }) => of);
  assert.deepEqual(missing, [], "give each a minimal call in test/unit/public/calls-*.ts, or name it a value");
});

describe("a misspelt option is refused with the nearest name", () => {
  for (const { of, index, keys } of parameters.filter((one) => !isNetwork(one) && Object.hasOwn(calls, one.of))) {
    test(`${of}, parameter ${index + 1}`, async () => {
      const at = of.includes(".") ? index + 1 : index;
      const args = calls[of]();
      assert.equal(typeof args[at], "object", `the call of ${of} gives no options as argument ${index + 1}`);
      if (of !== "fetchDataset") assert.equal(await refusal(of, args), "", "the valid call");
      const key = keys[0];
      const misspelt = (name: string): readonly unknown[] => {
        return calls[of]().map((arg, i) => (i === at ? { ...(arg as object), [name]: 1 } : arg));
      };
      assert.match(await refusal(of, misspelt(`${key}x`)), new RegExp(`^unknown option "${key}x" of .*did you mean "`));
      if (WHOLE_SAMPLER.includes(of)) return;
      const message = await refusal(of, misspelt("of_another_world"));
      const [, known] = /Known are (.*)$/.exec(message) ?? assert.fail(message);
      // Whoever runs samplers by their names gives noise to all of them.
      const names = known.split(", ").filter((name) => name !== "noise" || keys.includes(name));
      assert.deepEqual(names.sort(), [...keys].sort());
    });
  }
});
