/** In place of `native.ts` in a browser, as package.json says under "browser": plain TensorFlow.js. */
import { version } from "@tensorflow/tfjs";
import type { NativeStatus } from "./native.js";

export const nativeStatus: NativeStatus = {
  native: false,
  version: version.tfjs,
  threads: 1,
  reason: "a browser has no native TensorFlow",
};
