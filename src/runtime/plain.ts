/** TensorFlow's plain-JavaScript backend, for where the native one does not load; it says what that means. */
import { createRequire } from "node:module";
import type { KernelConfig } from "@tensorflow/tfjs-core";

const require = createRequire(import.meta.url);

const REMEDY = "`npx diffusion-lab setup` installs native TensorFlow.";

interface PlainTensorFlow {
  readonly version: { readonly tfjs: string };
  setBackend(name: string): Promise<boolean>;
  findBackend(name: string): object;
  getKernel(name: string, backend: string): KernelConfig;
  registerKernel(config: KernelConfig): void;
  unregisterKernel(name: string, backend: string): void;
}

/** Calls `say` when the kernel runs for the first time, before it does. */
function beforeFirst(tfjs: PlainTensorFlow, kernelName: string, say: () => void): void {
  const kernel = tfjs.getKernel(kernelName, "cpu");
  const replace = (config: KernelConfig): void => {
    tfjs.unregisterKernel(kernelName, "cpu");
    tfjs.registerKernel(config);
  };
  replace({
    ...kernel,
    kernelFunc: (call) => {
      replace(kernel);
      say();
      return kernel.kernelFunc(call);
    },
  });
}

/** Loads the plain backend in place of a native one that failed with this error; returns the version of tfjs. */
export function loadPlainBackend(failure: NodeJS.ErrnoException): string {
  const tfjs = require("@tensorflow/tfjs") as PlainTensorFlow;
  void tfjs.setBackend("cpu");
  // It would print an advertisement for the very package that failed to load.
  Object.assign(tfjs.findBackend("cpu"), { firstUse: false });
  const missing = failure.code === "MODULE_NOT_FOUND" || failure.message.includes("tfjs_binding.node");
  const why = missing ? "is not installed" : `does not load (${failure.message.split("\n")[0]})`;
  console.warn(`diffusion-lab: native TensorFlow ${why}, so plain JavaScript computes. ${REMEDY}`);
  beforeFirst(tfjs, "Conv2D", () => {
    console.warn(
      "diffusion-lab: this program has begun to convolve images, which takes plain JavaScript about 100 times " +
        `as long as native TensorFlow: training takes days. ${REMEDY}`,
    );
  });
  return tfjs.version.tfjs;
}
