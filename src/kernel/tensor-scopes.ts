// TensorFlow.js after a cell was terminated inside tf.tidy or tf.grad: its engine still believes to be inside.

interface Engine {
  readonly state: { scopeStack: unknown[]; gradientDepth: number; kernelDepth: number; activeTape: unknown };
  endScope(): void;
}

function engine(): Engine | undefined {
  const globals = (globalThis as { _tfengine?: Engine })._tfengine;
  return globals?.state ? globals : undefined;
}

export function tensorScopeDepth(): number {
  return engine()?.state.scopeStack.length ?? 0;
}

/** Ends the scopes above `depth`, which frees their tensors, and forgets a gradient that was being recorded. */
export function closeTensorScopes(depth: number): void {
  const tf = engine();
  if (!tf) return;
  while (tf.state.scopeStack.length > depth) tf.endScope();
  tf.state.gradientDepth = 0;
  tf.state.kernelDepth = 0;
  tf.state.activeTape = null;
}
