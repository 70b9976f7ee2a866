// Rewrites a cell's JavaScript so that an interrupt reaches it at its next `await`.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

/** The object that the rewritten code calls, a parameter of every cell. */
export const GUARD = "__cell";

/** Thrown inside a cell that was interrupted while it awaited. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";

  constructor(message = "the cell was interrupted; variables of the lines that ran are kept") {
    super(message);
  }
}

/** Whether that was thrown; a Proxy that was may throw when it is asked. */
export function isInterrupted(thrown: unknown): thrown is Interrupted {
  try {
    return thrown instanceof Interrupted;
  } catch {
    return false;
  }
}

/**
 * What a cell sees as `__cell`, one object a run. Each interrupt starts a new epoch; code that began to wait in an older one throws
 * when it resumes, its own `catch` clauses cannot swallow that, and its `finally` clauses run.
 */
export class Guard {
  private interrupts = 0;
  private readonly all: Guard | undefined;

  /** @param all a guard whose epochs are this one's, too */
  constructor(all?: Guard) {
    this.all = all;
  }

  nextEpoch(): void {
    this.interrupts += 1;
  }

  epoch(): number {
    return this.interrupts + (this.all?.epoch() ?? 0);
  }

  resume<T>(epoch: number, value: T): T {
    if (epoch !== this.epoch()) throw new Interrupted();
    return value;
  }

  rethrow(error: unknown): void {
    if (isInterrupted(error)) throw error;
  }

  async *each<T>(values: AsyncIterable<T> | Iterable<T | Promise<T>>): AsyncGenerator<T> {
    const epoch = this.epoch();
    for await (const value of values as AsyncIterable<T>) yield this.resume(epoch, value);
  }
}

/** `await x` → `__cell.resume(__cell.epoch(), await x)`, `for await (… of x)` → `… of __cell.each(x)`. */
export function guardAwaits(ts: TypeScript): typescript.TransformerFactory<typescript.SourceFile> {
  return (context) => {
    const f = context.factory;
    const call = (method: string, ...args: typescript.Expression[]): typescript.Expression =>
      f.createCallExpression(f.createPropertyAccessExpression(f.createIdentifier(GUARD), method), undefined, args);

    const visit = (node: typescript.Node): typescript.Node => {
      const visited = ts.visitEachChild(node, visit, context);
      if (ts.isAwaitExpression(visited)) {
        return ts.setTextRange(call("resume", call("epoch"), visited), node);
      }
      if (ts.isForOfStatement(visited) && visited.awaitModifier) {
        return f.updateForOfStatement(
          visited,
          visited.awaitModifier,
          visited.initializer,
          ts.setTextRange(call("each", visited.expression), visited.expression),
          visited.statement,
        );
      }
      if (ts.isCatchClause(visited)) {
        const binding = visited.variableDeclaration;
        const simple = binding && ts.isIdentifier(binding.name) ? binding.name : undefined;
        const name = simple ?? f.createUniqueName("error");
        const before: typescript.Statement[] = [f.createExpressionStatement(call("rethrow", name))];
        if (binding && !simple) {
          const parts = f.createVariableDeclaration(binding.name, undefined, undefined, name);
          before.push(f.createVariableStatement(undefined, f.createVariableDeclarationList([parts], ts.NodeFlags.Let)));
        }
        return f.updateCatchClause(
          visited,
          simple ? binding : f.createVariableDeclaration(name),
          f.updateBlock(visited.block, [...before, ...visited.block.statements]),
        );
      }
      return visited;
    };
    return (file) => ts.visitNode(file, visit) as typescript.SourceFile;
  };
}

/** Whether something is awaited outside all functions, which makes the cell asynchronous. */
export function hasTopLevelAwait(ts: TypeScript, node: typescript.Node): boolean {
  if (ts.isFunctionLike(node) || ts.isPropertyDeclaration(node) || ts.isClassStaticBlockDeclaration(node)) return false;
  if (ts.isAwaitExpression(node) || (ts.isForOfStatement(node) && node.awaitModifier)) return true;
  if (ts.isVariableDeclarationList(node) && (node.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
    return true;
  return ts.forEachChild(node, (child) => hasTopLevelAwait(ts, child) || undefined) ?? false;
}
