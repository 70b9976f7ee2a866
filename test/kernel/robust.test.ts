/** Whatever a cell does to JavaScript: the next one runs, variables are ECMAScript's, outputs can be saved. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import fc from "fast-check";
import type { Executed, KernelClient } from "./client.js";
import { ATTACKS, VALUES, type Attack } from "./hostile.js";
import { result, startKernel, traceback } from "./kernel.js";

let kernel: KernelClient;
before(async () => (kernel = await startKernel()));
after(() => kernel.shutdown());

const LONE_SURROGATE = /\p{Surrogate}/u;
const TIMEOUT = 30_000;

/** Resolves only when the reply and `idle` have both come. */
async function run(code: string, name: string): Promise<Executed> {
  const executed = await kernel.execute(code, { timeout: TIMEOUT });
  const wellFormed = (_key: string, value: unknown): unknown => {
    if (typeof value === "string") assert.doesNotMatch(value, LONE_SURROGATE, name);
    return value;
  };
  const text = JSON.stringify([executed.reply, executed.outputs.map(({ content }) => content)], wellFormed);
  assert.ok(text.length < 12_000_000, `${name} fills the notebook's file`);
  assert.notEqual(executed.reply.ename, "TypeScriptError", `${name}: ${traceback(executed)}`);
  return executed;
}

async function isAlive(name: string): Promise<void> {
  assert.equal(result(await run("1 + 1", name)), "2", name);
}

async function undo({ name, undo: code }: Attack): Promise<void> {
  if (code) assert.equal((await run(code, name)).reply.status, "ok", `undoing ${name}`);
}

test("after each thing a cell can throw, show, replace, delete or end, 1 + 1 is 2", async () => {
  for (const attack of ATTACKS) {
    await run(attack.code, attack.name);
    await isAlive(attack.name);
    await undo(attack);
  }
  assert.equal(kernel.died, undefined);
});

const NAMES = ["p", "q", "r"] as const;
type Name = (typeof NAMES)[number];
type Op =
  | { readonly kind: "assign" | "declare"; readonly name: Name; readonly value: number | undefined }
  | { readonly kind: "fail"; readonly value: number; readonly rejected: boolean }
  | { readonly kind: "wait" };

const anyValue = fc.option(fc.integer({ min: 0, max: 99 }), { nil: undefined });
const anyOp: fc.Arbitrary<Op> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant("assign" as const), name: fc.constantFrom(...NAMES), value: anyValue }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("declare" as const), name: fc.constantFrom(...NAMES), value: anyValue }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("fail" as const),
      value: fc.nat(VALUES.length - 1),
      rejected: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("wait" as const) }) },
);

/** A name is declared once in a cell, and not used before. */
function valid(ops: readonly Op[]): Op[] {
  return ops.filter((op, i) => {
    if (op.kind !== "assign" && op.kind !== "declare") return true;
    const declaredAt = ops.findIndex((one) => one.kind === "declare" && one.name === op.name);
    return declaredAt < 0 || (op.kind === "declare" ? i === declaredAt : i > declaredAt);
  });
}

function code(op: Op): string {
  if (op.kind === "fail") {
    // Nothing after it is unreachable to TypeScript.
    const value = VALUES[op.value];
    return op.rejected ? `await Promise.reject(${value});` : `if (1 < Number("2")) throw ${value};`;
  }
  if (op.kind === "assign") return `${op.name} = ${op.value};`;
  if (op.kind === "declare")
    return `let ${op.name}: number | undefined = ${op.value}; const get_${op.name} = () => ${op.name};`;
  return "await null;";
}

test("after any cells, however they end, variables are what ECMAScript makes of them", async () => {
  // The attacks before have frozen prototypes for good, and a cell is strict code: what assigns to them would throw.
  await kernel.shutdown();
  kernel = await startKernel();
  const patches = ATTACKS.filter(({ undo: code }) => code !== undefined);
  await run(NAMES.map((name) => code({ kind: "declare", name, value: 0 })).join("\n"), "beginning");
  const state: Record<Name, number | undefined> = { p: 0, q: 0, r: 0 };
  const cell = async (given: readonly Op[], attack: Attack | undefined): Promise<void> => {
    const ops = valid(given);
    const text = [...(attack ? [attack.code] : []), ...ops.map(code)].join("\n");
    for (const op of ops) {
      if (op.kind === "fail") break;
      if (op.kind !== "wait") state[op.name] = op.value;
    }
    const executed = await run(text, text);
    const fails = ops.some(({ kind }) => kind === "fail");
    assert.equal(executed.reply.status, fails ? "error" : "ok", `${text}\n${traceback(executed)}`);
    await isAlive(text);
    if (attack) await undo(attack);
    const seen = await run(
      `console.log(${NAMES.map((name) => `String(${name}), String(get_${name}())`).join(", ")})`,
      text,
    );
    const expected = NAMES.map((name) => `${state[name]} ${state[name]}`).join(" ");
    const printed = seen.outputs.map(({ content }) => content.text ?? "").join("");
    assert.equal(printed, `${expected}\n`, text);
  };
  const anyAttack = fc.option(fc.constantFrom(...patches), { nil: undefined, freq: 2 });
  const property = fc.asyncProperty(fc.array(anyOp, { minLength: 1, maxLength: 6 }), anyAttack, cell);
  const { KERNEL_FUZZ_SEED: seed = "1", KERNEL_FUZZ_RUNS: runs = "60" } = process.env;
  // What a cell leaves behind is part of the next one's case, so a failing one cannot be made smaller.
  await fc.assert(property, { seed: Number(seed), numRuns: Number(runs), endOnFailure: true });
});
