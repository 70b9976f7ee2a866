/** How near to the known law each sampler comes with default options, as measured: see errors-by-path.test.ts. */
import assert from "node:assert/strict";

/** No error: the path has no signal at T, and the sampler says so. */
export const refused = "refused";

/** Kinds of path on which the errors are those of another, whose a(t) and b(t) they have. */
const same: Readonly<Record<string, string>> = {
  respaced: "linear",
  betas: "linear",
  "alpha-bars": "linear",
  vp: "linear",
};

/** The larger error of both laws in 10, 20 and 50 steps, in deviations of the data; one number where a solver decides. */
const tables: Readonly<Record<string, string>> = {
  linear: `
    ddim                 2.6e-1 1.4e-1 5.7e-2
    ddim-stochastic      3.3e-1 2.2e-1 1.1e-1
    ddpm                 3.3e-1 2.2e-1 1.1e-1
    ddpm-large           1.0e-1 8.8e-2 4.0e-2
    dpm++1               2.6e-1 1.4e-1 5.7e-2
    dpm-solver-1         2.6e-1 1.4e-1 5.7e-2
    euler                2.6e-1 1.4e-1 5.7e-2
    euler-ancestral      3.3e-1 2.2e-1 1.1e-1
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              1.9e-1 6.6e-2 2.2e-2
    dpm++2m-sde          2.2e-1 9.0e-2 4.2e-2
    dpm-solver-2         1.6e-1 6.1e-2 1.8e-2
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 1.3e-1 5.7e-2 1.7e-2
    heun-churn           2.0e-1 1.2e-1 6.1e-2
    plms                 1.7e-1 3.8e-2 3.8e-3
    pndm                 1.7e-1 3.8e-2 3.8e-3
    dpm++3m              1.8e-1 8.2e-2 1.7e-2
    dpm-solver-3         1.7e-1 5.9e-2 1.9e-2
    unipc                1.8e-1 6.9e-2 1.9e-2
    lms                  1.5e-1 4.1e-2 1.0e-3
    unipc-3              1.8e-1 7.3e-2 1.6e-2
    probability-flow     6.7e-3
    langevin             2.0e-1 1.5e-1 1.1e-1
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  quadratic: `
    ddim                 1.6e-1 8.4e-2 3.5e-2
    ddim-stochastic      2.5e-1 1.5e-1 7.1e-2
    ddpm                 2.5e-1 1.5e-1 7.1e-2
    ddpm-large           6.8e-2 4.1e-2 2.8e-2
    dpm++1               1.6e-1 8.4e-2 3.5e-2
    dpm-solver-1         1.6e-1 8.4e-2 3.5e-2
    euler                1.6e-1 8.4e-2 3.5e-2
    euler-ancestral      2.5e-1 1.5e-1 7.1e-2
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              6.0e-2 3.2e-2 8.1e-3
    dpm++2m-sde          7.6e-2 6.3e-2 1.8e-2
    dpm-solver-2         6.0e-2 2.5e-2 8.3e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 5.6e-2 2.4e-2 8.2e-3
    heun-churn           8.8e-2 4.4e-2 2.2e-2
    plms                 5.2e-2 1.0e-2 3.6e-3
    pndm                 5.1e-2 1.0e-2 3.6e-3
    dpm++3m              7.0e-2 2.3e-2 8.3e-3
    dpm-solver-3         5.7e-2 2.6e-2 8.8e-3
    unipc                6.6e-2 2.9e-2 7.8e-3
    lms                  5.1e-2 5.2e-3 4.0e-4
    unipc-3              7.1e-2 2.8e-2 7.8e-3
    probability-flow     7.0e-4
    langevin             2.0e-1 1.3e-1 9.0e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "scaled-linear": `
    ddim                 2.3e-1 1.3e-1 6.2e-2
    ddim-stochastic      2.8e-1 1.8e-1 9.8e-2
    ddpm                 2.8e-1 1.8e-1 9.8e-2
    ddpm-large           9.7e-2 5.8e-2 4.9e-2
    dpm++1               2.3e-1 1.3e-1 6.2e-2
    dpm-solver-1         2.3e-1 1.3e-1 6.2e-2
    euler                2.3e-1 1.3e-1 6.2e-2
    euler-ancestral      2.8e-1 1.8e-1 9.8e-2
    flow-euler           1.4e-1 7.0e-2 2.8e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              1.8e-1 8.4e-2 4.5e-2
    dpm++2m-sde          1.9e-1 7.8e-2 5.9e-2
    dpm-solver-2         1.7e-1 8.3e-2 4.3e-2
    flow-heun            2.8e-2 7.1e-3 1.0e-3
    heun                 1.6e-1 8.1e-2 4.3e-2
    heun-churn           2.4e-1 1.3e-1 9.5e-2
    plms                 1.2e-1 5.9e-2 2.7e-2
    pndm                 1.2e-1 5.9e-2 2.7e-2
    dpm++3m              1.7e-1 8.5e-2 4.1e-2
    dpm-solver-3         1.7e-1 8.7e-2 4.4e-2
    unipc                1.7e-1 8.3e-2 4.4e-2
    lms                  1.7e-1 6.4e-2 8.1e-3
    unipc-3              1.7e-1 8.3e-2 4.4e-2
    probability-flow     3.2e-3
    langevin             1.6e-1 7.4e-2 5.9e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  cosine: `
    ddim                 1.5e-1 7.6e-2 3.1e-2
    ddim-stochastic      2.2e-1 1.4e-1 8.3e-2
    ddpm                 2.2e-1 1.4e-1 8.3e-2
    ddpm-large           4.3e-2 3.9e-2 4.2e-2
    dpm++1               1.5e-1 7.6e-2 3.1e-2
    dpm-solver-1         1.5e-1 7.6e-2 3.1e-2
    euler                1.5e-1 7.6e-2 3.1e-2
    euler-ancestral      2.2e-1 1.4e-1 8.3e-2
    flow-euler           1.4e-1 7.2e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              6.4e-2 3.0e-2 4.7e-3
    dpm++2m-sde          6.7e-2 5.8e-2 6.0e-2
    dpm-solver-2         5.8e-2 2.3e-2 5.3e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 5.2e-2 2.1e-2 5.3e-3
    heun-churn           8.2e-2 3.7e-2 2.9e-2
    plms                 4.6e-2 6.4e-3 1.3e-3
    pndm                 7.2e-2 1.3e-2 1.3e-3
    dpm++3m              7.3e-2 2.3e-2 6.9e-3
    dpm-solver-3         5.9e-2 2.3e-2 6.5e-3
    unipc                6.8e-2 2.7e-2 4.4e-3
    lms                  4.4e-2 4.7e-3 4.7e-4
    unipc-3              7.2e-2 2.5e-2 4.6e-3
    probability-flow     1.5e-4
    langevin             1.1e0 1.3e-1 8.3e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "sigmoid-beta": `
    ddim                 1.7e-1 8.8e-2 3.7e-2
    ddim-stochastic      2.5e-1 1.4e-1 6.5e-2
    ddpm                 2.5e-1 1.4e-1 6.5e-2
    ddpm-large           1.1e-1 5.4e-2 6.1e-2
    dpm++1               1.7e-1 8.8e-2 3.7e-2
    dpm-solver-1         1.7e-1 8.8e-2 3.7e-2
    euler                1.7e-1 8.8e-2 3.7e-2
    euler-ancestral      2.5e-1 1.4e-1 6.5e-2
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              4.9e-2 2.4e-2 9.7e-3
    dpm++2m-sde          8.1e-2 6.7e-2 4.9e-2
    dpm-solver-2         4.4e-2 2.4e-2 1.0e-2
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 5.0e-2 2.4e-2 1.0e-2
    heun-churn           7.4e-2 6.5e-2 2.7e-2
    plms                 6.1e-2 1.3e-2 5.5e-3
    pndm                 6.2e-2 1.3e-2 5.5e-3
    dpm++3m              5.6e-2 2.1e-2 1.1e-2
    dpm-solver-3         4.6e-2 2.5e-2 1.1e-2
    unipc                5.1e-2 2.4e-2 1.0e-2
    lms                  5.7e-2 9.9e-3 6.6e-4
    unipc-3              5.7e-2 2.3e-2 1.0e-2
    probability-flow     5.6e-4
    langevin             2.4e-1 1.0e-1 6.5e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "sigmoid-alpha-bar": `
    ddim                 1.5e-1 8.3e-2 3.7e-2
    ddim-stochastic      2.1e-1 1.3e-1 7.9e-2
    ddpm                 2.1e-1 1.3e-1 7.9e-2
    ddpm-large           5.0e-2 4.5e-2 3.7e-2
    dpm++1               1.5e-1 8.3e-2 3.6e-2
    dpm-solver-1         1.5e-1 8.3e-2 3.6e-2
    euler                1.5e-1 8.3e-2 3.7e-2
    euler-ancestral      2.1e-1 1.3e-1 7.9e-2
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              7.7e-2 4.6e-2 2.0e-2
    dpm++2m-sde          7.3e-2 6.9e-2 5.9e-2
    dpm-solver-2         6.9e-2 4.2e-2 1.9e-2
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 6.6e-2 4.0e-2 1.9e-2
    heun-churn           8.9e-2 6.0e-2 4.7e-2
    plms                 5.6e-2 2.4e-2 1.0e-2
    pndm                 6.5e-2 2.4e-2 1.0e-2
    dpm++3m              7.5e-2 3.9e-2 2.0e-2
    dpm-solver-3         6.8e-2 4.2e-2 2.0e-2
    unipc                7.2e-2 4.4e-2 1.9e-2
    lms                  7.2e-2 9.6e-3 1.0e-3
    unipc-3              7.5e-2 4.4e-2 1.9e-2
    probability-flow     1.1e-3
    langevin             1.5e-1 7.4e-2 7.5e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  laplace: `
    ddim                 2.6e-1 1.7e-1 1.2e-1
    ddim-stochastic      3.8e-1 2.5e-1 1.5e-1
    ddpm                 3.8e-1 2.5e-1 1.5e-1
    ddpm-large           1.8e-1 1.2e-1 8.1e-2
    dpm++1               2.6e-1 1.7e-1 1.2e-1
    dpm-solver-1         2.6e-1 1.7e-1 1.2e-1
    euler                2.6e-1 1.7e-1 1.2e-1
    euler-ancestral      3.8e-1 2.5e-1 1.5e-1
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              1.3e-1 8.2e-2 7.8e-2
    dpm++2m-sde          2.0e-1 9.8e-2 8.3e-2
    dpm-solver-2         8.0e-2 7.2e-2 7.7e-2
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 8.5e-2 7.2e-2 7.5e-2
    heun-churn           1.4e-1 1.3e-1 1.3e-1
    plms                 1.8e-1 7.6e-2 6.3e-2
    pndm                 1.8e-1 7.6e-2 6.3e-2
    dpm++3m              1.0e-1 7.9e-2 7.8e-2
    dpm-solver-3         7.6e-2 7.9e-2 7.9e-2
    unipc                1.1e-1 7.2e-2 7.8e-2
    lms                  1.4e-1 8.9e-2 6.8e-2
    unipc-3              9.5e-2 7.3e-2 7.8e-2
    probability-flow     7.9e-2
    langevin             5.8e-1 1.3e-1 8.4e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "log-linear": `
    ddim                 1.9e-1 1.0e-1 4.2e-2
    ddim-stochastic      3.1e-1 1.8e-1 8.0e-2
    ddpm                 3.1e-1 1.8e-1 8.0e-2
    ddpm-large           2.0e-1 9.7e-2 3.8e-2
    dpm++1               1.9e-1 1.0e-1 4.2e-2
    dpm-solver-1         1.9e-1 1.0e-1 4.2e-2
    euler                1.9e-1 1.0e-1 4.2e-2
    euler-ancestral      3.1e-1 1.8e-1 8.0e-2
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              3.8e-2 1.0e-2 1.5e-3
    dpm++2m-sde          1.1e-1 5.5e-2 1.6e-2
    dpm-solver-2         5.1e-2 1.2e-2 1.6e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 1.1e-1 2.5e-2 3.5e-3
    heun-churn           2.0e-1 6.0e-2 6.3e-2
    plms                 3.2e-2 8.1e-3 1.0e-3
    pndm                 3.4e-2 8.2e-3 1.0e-3
    dpm++3m              8.4e-2 5.5e-3 5.0e-4
    dpm-solver-3         5.6e-3 7.5e-4 5.2e-4
    unipc                3.6e-2 5.4e-3 4.1e-4
    lms                  9.8e-2 1.8e-2 9.9e-4
    unipc-3              5.2e-2 3.5e-3 4.9e-4
    probability-flow     5.3e-4
    langevin             5.8e-1 2.0e-1 6.6e-2
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "zero-terminal-snr": `
    ddim                 2.6e-1 1.4e-1 5.7e-2
    ddim-stochastic      3.3e-1 2.2e-1 1.1e-1
    ddpm                 3.3e-1 2.2e-1 1.1e-1
    ddpm-large           1.0e-1 8.8e-2 4.0e-2
    dpm++1               2.6e-1 1.4e-1 5.7e-2
    dpm-solver-1         refused
    euler                refused
    euler-ancestral      refused
    flow-euler           1.4e-1 7.2e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              1.9e-1 6.5e-2 2.1e-2
    dpm++2m-sde          2.2e-1 9.1e-2 3.7e-2
    dpm-solver-2         refused
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 refused
    heun-churn           refused
    plms                 refused
    pndm                 refused
    dpm++3m              1.8e-1 8.2e-2 1.7e-2
    dpm-solver-3         refused
    unipc                1.8e-1 6.9e-2 1.8e-2
    lms                  refused
    unipc-3              1.8e-1 7.3e-2 1.6e-2
    probability-flow     3.7e-4
    langevin             refused
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
  "sub-vp": `
    ddim                 2.3e-1 1.2e-1 5.0e-2
    ddim-stochastic      3.5e-1 2.2e-1 1.1e-1
    ddpm                 3.5e-1 2.2e-1 1.1e-1
    ddpm-large           1.6e-1 1.0e-1 5.4e-2
    dpm++1               2.3e-1 1.2e-1 5.0e-2
    dpm-solver-1         2.3e-1 1.2e-1 5.0e-2
    euler                2.3e-1 1.2e-1 5.0e-2
    euler-ancestral      3.5e-1 2.2e-1 1.1e-1
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          2.4e-1 9.1e-2 4.9e-2
    dpm++2m              9.3e-2 7.2e-2 1.5e-2
    dpm++2m-sde          1.3e-1 1.6e-1 5.0e-2
    dpm-solver-2         5.3e-2 1.9e-2 3.3e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 7.0e-2 2.1e-2 3.5e-3
    heun-churn           1.6e-1 7.3e-2 4.3e-2
    plms                 5.3e-2 1.2e-2 1.3e-3
    pndm                 5.3e-2 1.2e-2 1.3e-3
    dpm++3m              1.1e-1 1.3e-1 1.6e-2
    dpm-solver-3         2.7e-2 3.4e-3 1.7e-4
    unipc                1.0e-1 6.8e-2 7.2e-3
    lms                  8.7e-2 1.2e-2 5.4e-4
    unipc-3              1.1e-1 7.2e-2 5.7e-3
    probability-flow     3.0e-4
    langevin             5.6e-1 2.9e-1 1.3e-1
    predictor-corrector  3.3e-1 9.0e-2 2.4e-2`,
  ve: `
    ddim                 2.6e-1 1.3e-1 5.3e-2
    ddim-stochastic      3.9e-1 2.3e-1 1.0e-1
    ddpm                 3.9e-1 2.3e-1 1.0e-1
    ddpm-large           8.4e-1 3.2e-1 1.1e-1
    dpm++1               2.6e-1 1.3e-1 5.3e-2
    dpm-solver-1         2.6e-1 1.3e-1 5.3e-2
    euler                2.6e-1 1.3e-1 5.3e-2
    euler-ancestral      3.9e-1 2.3e-1 1.0e-1
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          1.5e1 1.2e-1 9.9e-2
    dpm++2m              1.7e-1 4.3e-2 5.6e-3
    dpm++2m-sde          3.3e-1 1.0e-1 2.2e-2
    dpm-solver-2         1.1e-1 2.2e-2 3.1e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 1.9e-1 3.8e-2 5.3e-3
    heun-churn           3.4e-1 9.4e-2 6.3e-2
    plms                 5.7e-2 1.4e-2 1.8e-3
    pndm                 5.7e-2 1.4e-2 1.8e-3
    dpm++3m              3.7e-1 2.8e-2 1.4e-3
    dpm-solver-3         1.5e-2 8.6e-4 3.5e-5
    unipc                1.9e-1 2.8e-2 1.5e-3
    lms                  1.6e-1 2.9e-2 1.4e-3
    unipc-3              3.3e-1 1.7e-2 3.8e-4
    probability-flow     6.7e-4
    langevin             9.8e-1 3.1e-1 1.0e-1
    predictor-corrector  1.2e1 1.5e-1 3.2e-2`,
  edm: `
    ddim                 2.7e-1 1.4e-1 5.6e-2
    ddim-stochastic      4.0e-1 2.4e-1 1.1e-1
    ddpm                 4.0e-1 2.4e-1 1.1e-1
    ddpm-large           9.3e-1 3.4e-1 1.5e-1
    dpm++1               2.7e-1 1.4e-1 5.6e-2
    dpm-solver-1         2.7e-1 1.4e-1 5.6e-2
    euler                2.7e-1 1.4e-1 5.6e-2
    euler-ancestral      4.0e-1 2.4e-1 1.1e-1
    flow-euler           1.4e-1 7.1e-2 2.9e-2
    reverse-sde          6.0e-1 1.5e-1 1.2e-1
    dpm++2m              1.7e-1 4.9e-2 6.4e-3
    dpm++2m-sde          2.9e-1 1.1e-1 7.0e-2
    dpm-solver-2         1.2e-1 2.5e-2 3.5e-3
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 2.2e-1 4.4e-2 6.1e-3
    heun-churn           3.8e-1 1.0e-1 4.1e-2
    plms                 6.4e-2 1.6e-2 2.1e-3
    pndm                 6.4e-2 1.6e-2 2.1e-3
    dpm++3m              5.1e-1 4.4e-2 1.7e-3
    dpm-solver-3         1.6e-2 1.0e-3 4.3e-5
    unipc                1.9e-1 3.4e-2 1.9e-3
    lms                  1.7e-1 3.4e-2 1.8e-3
    unipc-3              4.8e-1 3.3e-2 5.0e-4
    probability-flow     4.2e-4
    langevin             1.1e0 3.4e-1 1.1e-1
    predictor-corrector  5.6e-1 1.4e-1 5.6e-2`,
  flow: `
    ddim                 1.4e-1 7.2e-2 2.9e-2
    ddim-stochastic      2.3e-1 1.3e-1 6.1e-2
    ddpm                 2.3e-1 1.3e-1 6.1e-2
    ddpm-large           5.6e-2 3.4e-2 3.3e-2
    dpm++1               1.4e-1 7.2e-2 2.9e-2
    dpm-solver-1         refused
    euler                refused
    euler-ancestral      refused
    flow-euler           1.4e-1 7.2e-2 2.9e-2
    reverse-sde          3.2e-1 2.0e-1 5.0e-2
    dpm++2m              5.2e-2 1.1e-2 3.5e-3
    dpm++2m-sde          6.9e-2 5.2e-2 4.0e-2
    dpm-solver-2         refused
    flow-heun            2.8e-2 7.2e-3 1.1e-3
    heun                 refused
    heun-churn           refused
    plms                 refused
    pndm                 refused
    dpm++3m              7.0e-2 1.9e-2 4.2e-3
    dpm-solver-3         refused
    unipc                5.6e-2 7.6e-3 1.4e-3
    lms                  refused
    unipc-3              6.4e-2 7.7e-3 5.6e-4
    probability-flow     1.0e-3
    langevin             refused
    predictor-corrector  3.2e-1 1.9e-1 3.8e-2`,
};

/** By sampler. @throws AssertionError for a kind of path without a table: measure it, and add one */
export function statedErrors(kind: string): Readonly<Record<string, readonly number[] | typeof refused>> {
  const table = tables[same[kind] ?? kind] ?? assert.fail(`no errors are stated on paths of kind "${kind}"`);
  const lines = table
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/ +/));
  return Object.fromEntries(
    lines.map(([name, ...errors]) => [name, errors[0] === refused ? refused : errors.map(Number)]),
  );
}
