// What tslab's fork of TypeScript 5.0.4 adds to TypeScript, for the TypeScript that the kernel gives to tslab instead.
// The functions are there in every TypeScript; only its type declarations do not show them.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

type Completions = typescript.WithMetadata<typescript.CompletionInfo> | undefined;

interface Internals {
  readonly nullTransformationContext: typescript.TransformationContext;
  readonly Completions: { getCompletionsAtPosition(...args: unknown[]): Completions };
  readonly SymbolDisplay: {
    getSymbolDisplayPartsDocumentationAndSymbolKind(
      checker: typescript.TypeChecker,
      symbol: typescript.Symbol,
      file: typescript.SourceFile,
      container: typescript.Node | undefined,
      node: typescript.Node,
    ): Pick<typescript.QuickInfo, "displayParts" | "documentation" | "tags"> & {
      readonly symbolKind: typescript.ScriptElementKind;
    };
    getSymbolModifiers(checker: typescript.TypeChecker, symbol: typescript.Symbol): string;
  };
  bindSourceFile(file: typescript.SourceFile, options: typescript.CompilerOptions): void;
  getTouchingPropertyName(file: typescript.SourceFile, position: number): typescript.Node;
  getContainerNode(node: typescript.Node): typescript.Node | undefined;
  getContainingObjectLiteralElement(node: typescript.Node): typescript.ObjectLiteralElement | undefined;
  getPropertySymbolsFromContextualType(
    element: typescript.ObjectLiteralElement,
    checker: typescript.TypeChecker,
    type: typescript.Type,
    unionSymbolOk: boolean,
  ): readonly typescript.Symbol[];
  typeToDisplayParts(
    checker: typescript.TypeChecker,
    type: typescript.Type,
    container: typescript.Node | undefined,
  ): typescript.SymbolDisplayPart[];
  createTextSpanFromNode(node: typescript.Node, file: typescript.SourceFile): typescript.TextSpan;
  isInComment(file: typescript.SourceFile, position: number): unknown;
  isLabelName(node: typescript.Node): boolean;
}

type Fork = Record<string, unknown>;

/** As the language service's: what is told of the name at a place, from a checker that is there already. */
function quickInfo(ts: TypeScript & Internals) {
  const symbolAt = (node: typescript.Node, checker: typescript.TypeChecker): typescript.Symbol | undefined => {
    const element = ts.getContainingObjectLiteralElement(node);
    const type = element && checker.getContextualType(element.parent as typescript.Expression);
    const wanted = type && ts.getPropertySymbolsFromContextualType(element, checker, type, false);
    return wanted?.length === 1 ? wanted[0] : checker.getSymbolAtLocation(node);
  };
  const hasType = (file: typescript.SourceFile, node: typescript.Node, position: number): boolean => {
    if (ts.isIdentifier(node)) return !ts.isLabelName(node);
    if (ts.isPropertyAccessExpression(node) || ts.isQualifiedName(node)) return !ts.isInComment(file, position);
    const { ThisKeyword, ThisType, SuperKeyword, NamedTupleMember } = ts.SyntaxKind;
    return [ThisKeyword, ThisType, SuperKeyword, NamedTupleMember].includes(
      node.kind as typescript.SyntaxKind.ThisType,
    );
  };
  return (
    file: typescript.SourceFile,
    checker: typescript.TypeChecker,
    _token: unknown,
    position: number,
  ): typescript.QuickInfo | undefined => {
    let node = ts.getTouchingPropertyName(file, position);
    if (node === file) return undefined;
    if (ts.isNewExpression(node.parent) && node.pos === node.parent.pos) node = node.parent.expression;
    const container = ts.getContainerNode(node);
    const textSpan = ts.createTextSpanFromNode(node, file);
    const symbol = symbolAt(node, checker);
    if (symbol && !checker.isUnknownSymbol(symbol)) {
      const { SymbolDisplay } = ts;
      const shown = SymbolDisplay.getSymbolDisplayPartsDocumentationAndSymbolKind(
        checker,
        symbol,
        file,
        container,
        node,
      );
      const { symbolKind: kind, displayParts, documentation, tags } = shown;
      const kindModifiers = SymbolDisplay.getSymbolModifiers(checker, symbol);
      return { kind, kindModifiers, textSpan, displayParts, documentation, tags };
    }
    if (!hasType(file, node, position)) return undefined;
    const type = checker.getTypeAtLocation(node);
    return {
      kind: ts.ScriptElementKind.unknown,
      kindModifiers: "",
      textSpan,
      displayParts: ts.typeToDisplayParts(checker, type, container),
      documentation: type.symbol?.getDocumentationComment(checker),
      tags: type.symbol?.getJsDocTags(checker),
    };
  };
}

/** Gives a file its names; one that has them is left alone. */
export function bindFile(ts: TypeScript, file: typescript.SourceFile, options: typescript.CompilerOptions): void {
  (ts as TypeScript & Internals).bindSourceFile(file, options);
}

/** The fork's own functions, over the `ts` that does not have them. */
export function forkOf(typeScript: TypeScript): Fork {
  const ts = typeScript as TypeScript & Internals;
  const { getCompletionsAtPosition } = ts.Completions;
  return {
    getQuickInfoAtPosition: quickInfo(ts),
    getDefaultTypeRoots: (folder: string) => ts.getEffectiveTypeRoots({}, { getCurrentDirectory: () => folder }),
    getNullTransformationContext: () => ts.nullTransformationContext,
    Completions: { ...ts.Completions, getCompletionsAtPositionForTslab: getCompletionsAtPosition },
    /**
     * Without those of declarations: no one imports a cell, and what it leaves to the next is written all the same. Types
     * are told of once the syntax is right: before, they are types of something else.
     */
    getPreEmitDiagnosticsOfFiles: (program: typescript.Program, files: readonly typescript.SourceFile[]) =>
      ts.sortAndDeduplicateDiagnostics(
        files.flatMap((file): readonly typescript.Diagnostic[] => {
          const syntax = program.getSyntacticDiagnostics(file);
          return syntax.length > 0 ? syntax : program.getSemanticDiagnostics(file);
        }),
      ),
  };
}
