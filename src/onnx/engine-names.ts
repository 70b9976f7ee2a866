/** The engines that evaluate a network. */

/**
 * "graph" is the library's own, by TensorFlow; "onnxruntime" needs `npm run doctor -- --install onnxruntime`; "auto" is
 * whichever was faster on this machine, measured once for each network and batch and kept in the cache.
 */
export const engineNames = ["graph", "onnxruntime", "auto"] as const;
export type EngineName = (typeof engineNames)[number];

/** @throws RangeError for another name */
export function requireEngine(name: unknown): asserts name is EngineName {
  if ((engineNames as readonly unknown[]).includes(name)) return;
  throw new RangeError(`unknown engine ${JSON.stringify(name)}: choose ${engineNames.join(", ")}`);
}
