/**
 * Loads the native backend of the package named as its argument, multiplies two matrices and prints one line of JSON.
 * It runs as a process of its own: a library that does not fit the machine may end the process that loads it.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";

const require = createRequire(import.meta.url);
/** @type {Record<string, unknown>} */
const util = require("node:util");
util.isNullOrUndefined = (/** @type {unknown} */ value) => value === null || value === undefined;
util.isArray = Array.isArray;
process.env["TF_CPP_MIN_LOG_LEVEL"] ??= "2";

/** @type {any} */
const tf = require(process.argv[2]);
const a = tf.ones([256, 256]);
a.matMul(a).dataSync();
const size = 1024;
const big = tf.ones([size, size]);
big.matMul(big).dataSync();
const started = process.hrtime.bigint();
const value = big.matMul(big).dataSync()[0];
const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
if (value !== size) throw new Error(`1024 ones summed to ${value}`);
console.log(
  JSON.stringify({
    version: tf.backend().binding.TF_Version,
    threads: Number(process.env["TF_NUM_INTRAOP_THREADS"]) || availableParallelism(),
    gflops: Math.round((2 * size ** 3) / milliseconds / 1e6),
    milliseconds: Math.round(milliseconds * 10) / 10,
    node: process.version,
  }),
);
