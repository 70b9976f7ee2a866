/** Formulas typeset the code that they compute, and agree with the library's equations. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { linearSchedule, posterior, qSample } from "../../../src/diffusion/index.js";
import { formula, FormulaDisagreesError, show } from "../../../src/notebook/index.js";
import { symbolLatex } from "../../../src/notebook/latex.js";
import { RandomStream } from "../../../src/random/index.js";
import * as tf from "../../../src/runtime/tf.js";
import { displayed, headless, text, watched, withEnvironment } from "./kernel-stand-in.js";

test("names become the field's symbols", () => {
  const expected: Record<string, string> = {
    alphaBar: "\\bar{\\alpha}_t",
    alphaBarPrev: "\\bar{\\alpha}_{t-1}",
    alphaBarS: "\\bar{\\alpha}_s",
    alphaBarT: "\\bar{\\alpha}_T",
    beta: "\\beta_t",
    betaTilde: "\\tilde{\\beta}_t",
    sigma: "\\sigma_t",
    epsilon: "\\epsilon",
    epsilonHat: "\\hat{\\epsilon}",
    epsilonTheta: "\\epsilon_{\\theta}",
    x0: "x_0",
    xt: "x_t",
    xT: "x_T",
    xPrev: "x_{t-1}",
    x0Hat: "\\hat{x}_0",
    muTilde: "\\tilde{\\mu}_t",
    mu: "\\mu",
    w: "w",
    snr: "\\mathrm{snr}",
    epsilonCond: "\\epsilon_{\\mathrm{cond}}",
    x_s: "x_s",
  };
  assert.deepEqual(Object.fromEntries(Object.keys(expected).map((name) => [name, symbolLatex(name)])), expected);
});

test("expressions are set as the papers set them", () => {
  const set = (source: string) => formula(source).latex;
  assert.equal(
    set("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon"),
    "x_t = \\sqrt{\\bar{\\alpha}_t} \\, x_0+\\sqrt{1-\\bar{\\alpha}_t} \\, \\epsilon",
  );
  assert.equal(
    set("beta * (1 - alphaBarPrev) / (1 - alphaBar)"),
    "\\frac{\\beta_t \\, \\left(1-\\bar{\\alpha}_{t-1}\\right)}{1-\\bar{\\alpha}_t}",
  );
  assert.equal(
    set("norm(epsilon - epsilonTheta(xt, t))^2"),
    "{\\left\\lVert \\epsilon-\\epsilon_{\\theta}\\left(x_t, t\\right) \\right\\rVert}^{2}",
  );
  assert.equal(set("2 * 3 * x"), "2 \\cdot 3 \\, x");
  assert.equal(set("a * (b - c)"), "a \\, \\left(b-c\\right)");
  assert.equal(set("a * (-b)"), "a \\, \\left(-b\\right)");
  assert.equal(set("prod(1 - beta)"), "\\prod \\left(1-\\beta_t\\right)");
  assert.equal(formula("mu * z", { symbols: { mu: "\\tilde\\mu" } }).latex, "\\tilde\\mu \\, z");
});

test("a formula is a value: numbers, arrays, tensors, reductions", () => {
  const f = formula("xt = sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon");
  assert.equal(f.evaluate({ alphaBar: 0.25, x0: 2, epsilon: 1 }), 0.5 * 2 + Math.sqrt(0.75));
  assert.deepEqual(f.evaluate({ alphaBar: [1, 0], x0: 3, epsilon: 5 }), [3, 5]);
  assert.deepEqual(
    f.evaluate({
      alphaBar: 1,
      x0: [
        [1, 2],
        [3, 4],
      ],
      epsilon: tf.zeros([2, 2]),
    }),
    [
      [1, 2],
      [3, 4],
    ],
  );
  assert.deepEqual(formula("a * b / c ^ d").evaluate({ a: [2, 3], b: [4, 5], c: [1, 5], d: [2, 1] }), [8, 3]);
  assert.equal(
    formula("mean((epsilon - epsilonHat)^2)").evaluate({
      epsilon: [1, 2],
      epsilonHat: Float32Array.of(1, 4),
    }),
    2,
  );
  assert.deepEqual(
    formula("a * x").evaluate({
      a: [[2], [3]],
      x: [
        [1, 1],
        [1, 2],
      ],
    }),
    [
      [2, 2],
      [3, 6],
    ],
  );
  assert.deepEqual(
    formula("A * x", { matrices: true }).evaluate({
      A: [
        [1, 2],
        [3, 4],
      ],
      x: [1, 1],
    }),
    [3, 7],
  );
  assert.deepEqual(f.symbols, ["alphaBar", "x0", "epsilon"]);
});

test("the library agrees with the papers' equations", () => {
  const schedule = linearSchedule({ T: 1000 });
  const { beta, alpha, alphaBar } = schedule;
  const tensors = ["x0", "noise"].map((name, i) =>
    tf.tensor4d(new RandomStream(1, name, i).normals(2 * 64), [2, 8, 8, 1]),
  );
  const [x0, noise] = tensors;
  const before = tf.memory().numTensors;
  const xt = qSample(schedule, x0, 500, noise);
  const closed = formula("sqrt(alphaBar) * x0 + sqrt(1 - alphaBar) * epsilon").compare(xt, {
    alphaBar: alphaBar[500],
    x0,
    epsilon: noise,
  });
  assert.equal(closed.agreed, true, closed.message);
  const { mean, variance: width } = posterior(schedule, x0, xt, 500);
  const muTilde = formula(
    "sqrt(alphaBarPrev) * beta / (1 - alphaBar) * x0 + sqrt(alpha) * (1 - alphaBarPrev) / (1 - alphaBar) * xt",
  );
  const scope = {
    alphaBar: alphaBar[500],
    alphaBarPrev: alphaBar[499],
    alpha: alpha[500],
    beta: beta[500],
    x0,
    xt,
  };
  const found = muTilde.compare(mean, scope);
  assert.equal(found.agreed, true, found.message);
  tf.dispose([mean, width, xt]);
  assert.equal(tf.memory().numTensors, before);
  const variance = formula("beta * (1 - alphaBarPrev) / (1 - alphaBar)");
  const tables = { beta: beta.slice(2), alphaBar: alphaBar.slice(2), alphaBarPrev: alphaBar.slice(1, -1) };
  assert.equal(variance.compare(schedule.posteriorVariance.slice(2), tables, 1e-12).agreed, true);
  assert.equal(variance.compare(schedule.posteriorVariance.slice(1, -1), tables).agreed, false);
});

test("agreement is shown with the equation, disagreement throws only headless", () => {
  const f = formula("2 * a");
  const [right, wrong, shape] = withEnvironment(watched, () =>
    displayed(() => {
      f.agrees([2, 4.0000001], { a: [1, 2] });
      f.agrees(2.5, { a: 1 });
      f.agrees([1, 2, 3], { a: [1, 2] });
    }),
  );
  assert.equal(
    right.data["text/markdown"],
    "$$2 \\, a$$\n\n**✓** agrees with the library: 2 values, largest deviation below 1e-6",
  );
  assert.equal(text(wrong), "2 * a\n✗ differs from the library: one value, largest deviation 0.5, allowed 3e-6");
  assert.match(text(shape), /the formula has shape \[2\], the value shape \[3\]/);
  withEnvironment(headless, () => displayed(() => assert.throws(() => f.agrees(2.5, { a: 1 }), FormulaDisagreesError)));
});

test("matrices of one shape stay matrices; attention is one formula", () => {
  const attention = formula("y = softmax(Q * K' / sqrt(d)) * V", { matrices: true });
  const [Q, K, V] = [
    [
      [0, 3],
      [4, 0],
    ],
    [
      [1, 0],
      [0, 1],
    ],
    [
      [1, 2],
      [3, 5],
    ],
  ];
  // Rows of Q·Kᵀ/√d with d = 1: (0, 3) and (4, 0).
  const rows = [
    [1, Math.exp(3)],
    [Math.exp(4), 1],
  ].map(([a, b]) => [a / (a + b), b / (a + b)]);
  const expected = rows.map(([a, b]) => [a * 1 + b * 3, a * 2 + b * 5]);
  assert.ok(attention.compare(expected, { Q, K, V, d: 1 }).agreed);
  assert.deepEqual(
    formula("A * A", { matrices: true }).evaluate({
      A: [
        [0, 1],
        [2, 0],
      ],
    }),
    [
      [2, 0],
      [0, 2],
    ],
  );
  assert.deepEqual(formula("softmax(A)", { matrices: true }).evaluate({ A: [[1000, 1000]] }), [[0.5, 0.5]]);
  assert.equal(attention.latex, "y = \\mathrm{softmax}\\left(\\frac{Q \\, {K}^{\\top}}{\\sqrt{d}}\\right) \\, V");
});

test("NaN agrees with nothing but NaN", () => {
  assert.equal(formula("a / b").compare(0, { a: 0, b: 0 }).agreed, false);
  assert.equal(formula("a / b").compare(NaN, { a: 0, b: 0 }).agreed, true);
  assert.equal(formula("a").compare(Infinity, { a: 1 }).agreed, false);
});

test("a formula shows itself as LaTeX and prints its text", () => {
  const [sent] = displayed(() => show(formula("a + b")));
  assert.deepEqual(sent.data, { "text/latex": "$$a+b$$", "text/markdown": "$$a+b$$", "text/plain": "a + b" });
  assert.equal(inspect(formula("a + b")), "a + b");
});

test("functions with a second argument keep it, and those with an axis see the axes", () => {
  assert.equal(formula("log(x, 2)").evaluate({ x: 8 }), 3);
  assert.deepEqual(
    formula("log(x, 2)").evaluate({
      x: [
        [1, 2],
        [4, 8],
      ],
    }),
    [
      [0, 1],
      [2, 3],
    ],
  );
  assert.deepEqual(
    formula("sum(x, 1)").evaluate({
      x: [
        [1, 2],
        [3, 4],
      ],
    }),
    [4, 6],
  );
  assert.deepEqual(formula("concat(a, b)").evaluate({ a: [[1], [2]], b: [[3], [4]] }), [
    [1, 3],
    [2, 4],
  ]);
  assert.equal(
    formula("sum(x^2)").evaluate({
      x: [
        [1, 2],
        [3, 4],
      ],
    }),
    30,
  );
});

test("functions of one number work on each element", () => {
  const below = [0.25, 0.5];
  const above = [1.5, 20];
  const cases = {
    sqrt: above,
    exp: below,
    expm1: below,
    log: above,
    log1p: below,
    log2: above,
    log10: above,
    sin: above,
    cos: above,
    tan: below,
    asin: below,
    acos: below,
    atan: above,
    sinh: below,
    cosh: below,
    tanh: below,
    asinh: above,
    acosh: above,
    atanh: below,
  } as const;
  for (const [name, values] of Object.entries(cases)) {
    const expected = values.map((value) => (Math as unknown as Record<string, (x: number) => number>)[name](value));
    const { agreed, message } = formula(`${name}(x)`).compare(expected, { x: values }, 1e-12);
    assert.ok(agreed, `${name}: ${message}`);
  }
});

test("a comparison of nothing is no agreement", () => {
  assert.match(formula("a").compare(new Float32Array(0), { a: [] }).message, /both are empty/);
  const diverged = formula("a").compare([NaN, NaN], { a: [NaN, NaN] });
  assert.deepEqual([diverged.agreed, diverged.message], [false, "there is nothing to compare: no value is finite"]);
  assert.equal(formula("a").compare([NaN, 1], { a: [NaN, 1] }).agreed, true);
});

test("what cannot be computed is named", () => {
  assert.throws(() => formula("a +* b"), /"a \+\* b" is no expression/);
  assert.throws(() => formula("a + b").evaluate({ a: 1 }), /needs values for b; the scope has a/);
  assert.throws(() => formula("a + b").evaluate({ a: [1, 2], b: [1, 2, 3] }), /cannot be computed/);
  assert.throws(() => formula("a").evaluate({ a: [[1, 2], [3]] }), /"a" is no number, regular array or tensor/);
  assert.throws(() => formula("epsilonTheta(x)").evaluate({ x: 1 }), /cannot be computed/);
});
