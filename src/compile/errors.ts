/** A function that cannot be compiled, or a graph that failed. The message names the tensor or operation and its line. */
export class CompileError extends Error {
  override readonly name = "CompileError";
}
