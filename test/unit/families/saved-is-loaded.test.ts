/** Whatever can be saved opens to the same model; the rest is refused, and nothing is written. */
import assert from "node:assert/strict";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import fc from "fast-check";
import {
  Classifier,
  cosineSchedule,
  edmPath,
  flowPath,
  laplaceSchedule,
  linearSchedule,
  loadClassifier,
  loadModel,
  MlpDiscriminator,
  MlpGenerator,
  MlpVae,
  PointMlp,
  RealNvp,
  saveClassifier,
  saveDiffusionModel,
  saveGan,
  saveNormalisingFlow,
  saveVae,
  scaledLinearSchedule,
  scheduleFromBetas,
  sigmoidBetaSchedule,
  vePath,
  vpPath,
  zeroTerminalSnr,
  type DiffusionModelParts,
  type GaussianPath,
  type Schedule,
} from "../../../src/index.js";
import { isDiffusionModel } from "../../../src/families/index.js";

const root = mkdtempSync(join(tmpdir(), "saved-"));
after(() => rmSync(root, { recursive: true }));
let count = 0;
const newFolder = (): string => join(root, String(count++));

const network = new PointMlp({ hidden: [4], time_channels: 4 });
const shape = [2];
const config = { prediction: "noise", shape } as const;
const path = linearSchedule({ T: 1000, betaEnd: 0.03 });
const good: DiffusionModelParts = { network, path, config };

test("a linear schedule that ends at β = 0.03 opens with β_T = 0.03", () => {
  const folder = newFolder();
  saveDiffusionModel(folder, good);
  const opened = loadModel(folder);
  assert.ok(isDiffusionModel(opened));
  assert.equal(opened.path.discrete && (opened.path as Schedule).beta[1000], 0.03);
  opened.dispose();
});

const paths: Readonly<Record<string, () => GaussianPath>> = {
  linear: () => path,
  cosine: () => cosineSchedule({ T: 60 }),
  scaled: () => scaledLinearSchedule({ T: 200 }),
  sigmoid: () => sigmoidBetaSchedule({ T: 100 }),
  laplace: () => laplaceSchedule({ T: 50 }),
  zero: () => zeroTerminalSnr(linearSchedule({ T: 100 })),
  betas: () => scheduleFromBetas("mine", [0.2, 0.9, 0.99]),
  vp: () => vpPath({ betaMax: 15 }),
  ve: () => vePath({ sigmaMax: 30 }),
  edm: () => edmPath({ sigmaMax: 40 }),
  flow: flowPath,
};

/** Right and wrong values, of which most make a model and many do not. */
const samplings = fc.record({
  grid: fc.oneof(
    fc.constant(null),
    fc.record({
      kind: fc.constant("spaced"),
      spacing: fc.constantFrom("leading", "trailing", "linspace"),
      stepsOffset: fc.constantFrom(0, 0, 1, 2, 5000),
      toFirstLevel: fc.boolean(),
    }),
    fc.record({ kind: fc.constant("flow"), shift: fc.constantFrom(1, 3, NaN) }),
    fc.record({
      kind: fc.constant("levels"),
      rule: fc.constantFrom("karras", "exponential", "linear"),
      sigmaMin: fc.constantFrom(0.01, 100),
      rho: fc.constantFrom(7, 3),
    }),
  ),
  clipping: fc.oneof(
    fc.constant(null),
    fc.record({ kind: fc.constant("static"), limit: fc.constantFrom(1, 2.5, 0, Infinity) }),
    fc.record({
      kind: fc.constant("dynamic"),
      percentile: fc.constantFrom(0.9, 1.5),
      maximum: fc.constantFrom(1, 3, 0.5),
    }),
  ),
  clipKeepsNoise: fc.boolean(),
  variance: fc.constantFrom("posterior", "beta", "learned"),
});
const outputs = ["noise", "sample", "velocity", "score", "flow", "preconditioned"];
const described = fc.record({
  kind: fc.constantFrom(...Object.keys(paths)),
  prediction: fc.constantFrom(...outputs),
  sigmaData: fc.constantFrom(undefined, undefined, 0.7),
  sampling: fc.option(samplings, { nil: undefined }),
});

/** The sampling without what has no effect: keeping the noise of a clipping that is not there. */
function inEffect({ clipKeepsNoise, ...sampling }: { clipping: unknown; clipKeepsNoise: boolean }): object {
  return { ...sampling, keeps: sampling.clipping !== null && clipKeepsNoise };
}

test("a model opens as it was saved, or is refused and leaves no file", () => {
  let [saved, refused] = [0, 0];
  fc.assert(
    fc.property(described, ({ kind, prediction, sigmaData, sampling }) => {
      const folder = newFolder();
      const made = paths[kind]();
      const parts = { network, path: made, config: { prediction, shape, ...(sigmaData && { sigmaData }) }, sampling };
      try {
        saveDiffusionModel(folder, parts as DiffusionModelParts);
      } catch (error) {
        assert.ok(error instanceof RangeError, String(error));
        assert.ok(!existsSync(folder));
        refused++;
        return;
      }
      saved++;
      const opened = loadModel(folder);
      assert.ok(isDiffusionModel(opened));
      assert.deepEqual(opened.path.config, made.config);
      for (const t of [made.T, made.T / 2]) assert.equal(opened.path.noise(t), made.noise(t));
      const named = prediction === "preconditioned" ? { sigmaData: sigmaData ?? 0.5 } : {};
      assert.deepEqual(opened.config, { prediction, shape, ...named });
      if (sampling) assert.deepEqual(inEffect(opened.sampling), JSON.parse(JSON.stringify(inEffect(sampling))));
      opened.dispose();
      rmSync(folder, { recursive: true });
    }),
    { numRuns: 150, seed: 3 },
  );
  assert.ok(saved > 20 && refused > 20, `${saved} saved, ${refused} refused`);
});

describe("what is no model is refused by a sentence before anything is written", () => {
  const bad: readonly [object, RegExp][] = [
    [
      { config: { ...config, schedule: { kind: "linear", T: 1000 } } },
      /unknown option "schedule" .* the part path: \{/,
    ],
    [{ config: path }, /unknown option "name" of a diffusion model's config/],
    [{ config: undefined }, /a diffusion model's config takes an object with options, prediction, shape/],
    [{ config: { ...config, predictoin: "noise" } }, /"predictoin" .* did you mean "prediction"\?/],
    [{ config: { prediction: "v_prediction", shape } }, /unknown prediction "v_prediction": did you mean "velocity"\?/],
    [{ config: { prediction: "noise" } }, /shape must list the size of one example/],
    [{ config: { ...config, unconditionalLabel: 0 } }, /unconditionalLabel 0 must be .* the network has none/],
    [{ path: { kind: "linear", T: 1000 } }, /a path from data to noise is needed, such as linearSchedule\(\)/],
    [{ path: undefined, schedule: path }, /unknown option "schedule" .* the schedule is the part path/],
    [{ path: { ...path, T: undefined } }, /a path from data to noise is needed/],
    [{ path: { ...vpPath(), config: { kind: "vq" } } }, /has no config of a known kind/],
    [{ path: { ...vpPath(), config: vpPath({ betaMax: 12 }).config } }, /is not the one that its config names/],
    [{ netwrok: network }, /unknown option "netwrok" .* did you mean "network"\?/],
    [{ network: undefined }, /network must be one of noisy data and time/],
    [{ sampling: {} }, /sampling: grid is missing; it must be null, or one/],
    [{ sampling: { grid: null, clipping: null, clipKeepsNoise: false, variance: "fixed" } }, /variance must be one of/],
  ];
  for (const [change, message] of bad) {
    test(String(message), () => {
      const folder = newFolder();
      assert.throws(() => saveDiffusionModel(folder, { ...good, ...change }), message);
      assert.ok(!existsSync(folder));
    });
  }

  const other = network as never;
  const players = {
    generator: new MlpGenerator({ dimensions: 2, latent_channels: 2, hidden: [4] }),
    discriminator: new MlpDiscriminator({ dimensions: 2, hidden: [4] }),
  };
  const calls: readonly [(folder: string) => void, RegExp][] = [
    [(folder) => saveVae(folder, { network: other }), /a folder of a VAE holds a ConvVae or an MlpVae, got a PointMlp/],
    [(folder) => saveVae(folder, { network: undefined } as never), /holds a ConvVae or an MlpVae, got undefined/],
    [(folder) => saveVae(folder, { nework: other } as never), /"nework" .* did you mean "network"\?/],
    [(folder) => saveNormalisingFlow(folder, { network: other }), /holds a RealNvp or a Glow, got a PointMlp/],
    [
      (folder) => saveGan(folder, { generator: players.discriminator } as never),
      /generator must be a DcganGenerator or/,
    ],
    [
      (folder) => saveGan(folder, { ...players, discriminator: players.generator } as never),
      /discriminator must be .*, got a MlpGenerator/,
    ],
    [(folder) => saveGan(folder, { ...players, critic: 1 } as never), /unknown option "critic" of the parts of a GAN/],
    [(folder) => saveClassifier(folder, { classifier: other, heldOutAccuracy: 1 }), /classifier must be a Classifier/],
    [
      (folder) => saveClassifier(folder, { classifier: judge(), heldOutAccuracy: NaN }),
      /heldOutAccuracy must lie in 0 … 1, got NaN/,
    ],
  ];
  for (const [call, message] of calls) {
    test(String(message), () => {
      const folder = newFolder();
      assert.throws(() => call(folder), message);
      assert.ok(!existsSync(folder));
    });
  }
});

const judge = (): Classifier =>
  new Classifier({ height: 8, width: 8, in_channels: 1, channels: [8, 8, 8], features: 4, classes: 3 });

test("the other families open as they were saved, and a model that was opened can be saved as it is", () => {
  const made = {
    vae: new MlpVae({ dimensions: 2, hidden: [4], latent_channels: 2 }),
    flow: new RealNvp({ dimensions: 2, num_couplings: 2, hidden: [4] }),
    generator: new MlpGenerator({ dimensions: 2, latent_channels: 2, hidden: [4] }),
  };
  const saves = [
    (folder: string) => saveVae(folder, { network: made.vae }),
    (folder: string) => saveNormalisingFlow(folder, { network: made.flow }),
    (folder: string) => saveGan(folder, { generator: made.generator }),
    (folder: string) => saveDiffusionModel(folder, good),
  ];
  const again = [saveVae, saveNormalisingFlow, saveGan, saveDiffusionModel] as readonly ((
    folder: string,
    model: never,
  ) => void)[];
  saves.forEach((save, i) => {
    const [first, second] = [newFolder(), newFolder()];
    save(first);
    const opened = loadModel(first);
    again[i](second, opened as never);
    const read = (folder: string): string => readFileSync(join(folder, "model_index.json"), "utf8");
    assert.equal(read(second), read(first));
    opened.dispose();
    loadModel(second).dispose();
  });
  const folder = newFolder();
  const classifier = judge();
  saveClassifier(folder, { classifier, heldOutAccuracy: 0.5 });
  const opened = loadClassifier(folder);
  assert.deepEqual(opened.parameters.toFlat(), classifier.parameters.toFlat());
});
