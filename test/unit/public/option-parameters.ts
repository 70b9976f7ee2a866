/** What the public functions take, read from the declared types: which calls there are, and which parameters are options. */
import { join } from "node:path";
import ts from "typescript";
import type { Kind } from "./kinds.js";

/** One parameter that takes named options. */
export interface OptionParameter {
  /** `ddim`, `Trainer` (its constructor), `Trainer.run`. */
  readonly of: string;
  readonly index: number;
  readonly type: string;
  readonly keys: readonly string[];
}

const ROOT = join(import.meta.dirname, "../../..");
const KINDS = join(ROOT, "test/unit/public/kinds.ts");

const read = new Map<string, ReturnType<typeof readExports>>();

/** The declarations of modules, read once. */
export function exported(modules: readonly string[]): ReturnType<typeof readExports> {
  const key = modules.join();
  if (!read.has(key)) read.set(key, readExports(modules));
  return read.get(key)!;
}

/** Reads the declarations for {@link optionParameters} and {@link publicCalls}. */
function readExports(modules: readonly string[]): {
  readonly checker: ts.TypeChecker;
  readonly symbols: ts.Symbol[];
  readonly kinds: readonly { readonly name: Kind; readonly type: ts.Type }[];
} {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const { options } = ts.getParsedCommandLineOfConfigFile(join(ROOT, "src/tsconfig.json"), {}, host)!;
  const files = modules.map((module) => join(ROOT, module));
  const program = ts.createProgram([...files, KINDS], { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const symbols = files.flatMap((file) => {
    return checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(file)!)!);
  });
  const [things] = checker.getExportsOfModule(checker.getSymbolAtLocation(program.getSourceFile(KINDS)!)!);
  const kinds = checker.getPropertiesOfType(checker.getTypeOfSymbol(things)).map((kind) => {
    return { name: kind.name as Kind, type: checker.getTypeOfSymbol(kind) };
  });
  return { checker, symbols, kinds };
}

/** The parameters with at least one property that may be left out, of what the modules export. */
export function optionParameters(modules: readonly string[]): OptionParameter[] {
  const { checker, symbols } = exported(modules);
  const found = symbols.flatMap((symbol) => parametersOf(checker, symbol));
  return found.filter(({ of, index }, i) => found.findIndex((one) => one.of === of && one.index === index) === i);
}

/** Names of all functions, classes and methods that take something: `ddim`, `Trainer`, `Trainer.run`. */
export function publicCalls(modules: readonly string[]): string[] {
  const { checker, symbols } = exported(modules);
  const names = symbols.flatMap((symbol): string[] => {
    const own = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
    const declaration = own.valueDeclaration;
    if (!declaration || declaration.getSourceFile().isDeclarationFile) return [];
    const type = checker.getTypeOfSymbolAtLocation(own, declaration);
    const takes = (signatures: readonly ts.Signature[]) => signatures.some(({ parameters }) => parameters.length > 0);
    const built = type.getConstructSignatures();
    if (built.length === 0) return takes(type.getCallSignatures()) ? [symbol.name] : [];
    const methods = checker
      .getDeclaredTypeOfSymbol(own)
      .getProperties()
      .filter((method) => {
        const at = method.valueDeclaration;
        if (!at || !ts.isMethodDeclaration(at)) return false;
        if (ts.getCombinedModifierFlags(at) & (ts.ModifierFlags.Private | ts.ModifierFlags.Abstract)) return false;
        return takes(checker.getTypeOfSymbolAtLocation(method, at).getCallSignatures());
      });
    return [...(takes(built) ? [symbol.name] : []), ...methods.map(({ name }) => `${symbol.name}.${name}`)];
  });
  return [...new Set(names)];
}

function parametersOf(checker: ts.TypeChecker, symbol: ts.Symbol): OptionParameter[] {
  return signaturesOf(checker, symbol).flatMap(({ of, signatures }) => {
    return signatures.flatMap((one) => optionsOf(checker, of, one));
  });
}

/** The signatures of an exported function, or of a class's constructor and methods, by the name of the call. */
export function signaturesOf(
  checker: ts.TypeChecker,
  exported: ts.Symbol,
): { readonly of: string; readonly signatures: readonly ts.Signature[] }[] {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declaration = symbol.valueDeclaration;
  if (!declaration || declaration.getSourceFile().isDeclarationFile) return [];
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
  const found = [{ of: exported.name, signatures }];
  if (type.getConstructSignatures().length === 0) return found;
  const methods = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  return [
    ...found,
    ...methods.flatMap((method) => {
      const own = method.valueDeclaration;
      if (!own || own.getSourceFile().isDeclarationFile) return [];
      if (ts.getCombinedModifierFlags(own) & ts.ModifierFlags.Private) return [];
      const calls = checker.getTypeOfSymbolAtLocation(method, own).getCallSignatures();
      return [{ of: `${exported.name}.${method.name}`, signatures: calls }];
    }),
  ];
}

function optionsOf(checker: ts.TypeChecker, of: string, signature: ts.Signature): OptionParameter[] {
  return signature.parameters.flatMap((parameter, index) => {
    const declared = checker.getTypeOfSymbolAtLocation(parameter, parameter.valueDeclaration!);
    const type = checker.getNonNullableType(declared);
    const isRecord = type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection);
    const isClass = type.isClass() || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class;
    if (!isRecord || isClass || checker.isArrayType(type) || type.getCallSignatures().length > 0) return [];
    const properties = checker.getPropertiesOfType(type);
    const foreign = properties.some(({ valueDeclaration: at }) => at?.getSourceFile().isDeclarationFile);
    if (foreign || !properties.some(({ flags }) => flags & ts.SymbolFlags.Optional)) return [];
    return [{ of, index, type: checker.typeToString(type), keys: properties.map(({ name }) => name) }];
  });
}
