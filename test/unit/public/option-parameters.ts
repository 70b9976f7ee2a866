/** Which parameters of the public functions are objects of options, read from the declared types. */
import { join } from "node:path";
import ts from "typescript";

/** One parameter that takes named options. */
export interface OptionParameter {
  /** `ddim`, `Trainer` (its constructor), `Trainer.run`. */
  readonly of: string;
  readonly index: number;
  readonly type: string;
  readonly keys: readonly string[];
}

const ROOT = join(import.meta.dirname, "../../..");

/** The parameters with at least one property that may be left out, of what the modules export. */
export function optionParameters(modules: readonly string[]): OptionParameter[] {
  const host = { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => undefined };
  const { options } = ts.getParsedCommandLineOfConfigFile(join(ROOT, "src/tsconfig.json"), {}, host)!;
  const files = modules.map((module) => join(ROOT, module));
  const program = ts.createProgram(files, { ...options, noEmit: true });
  const checker = program.getTypeChecker();
  const found = files.flatMap((file) => {
    const module = checker.getSymbolAtLocation(program.getSourceFile(file)!)!;
    return checker.getExportsOfModule(module).flatMap((symbol) => parametersOf(checker, symbol));
  });
  return found.filter(({ of, index }, i) => found.findIndex((one) => one.of === of && one.index === index) === i);
}

function parametersOf(checker: ts.TypeChecker, exported: ts.Symbol): OptionParameter[] {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const declaration = symbol.valueDeclaration;
  if (!declaration || declaration.getSourceFile().isDeclarationFile) return [];
  const type = checker.getTypeOfSymbolAtLocation(symbol, declaration);
  const signatures = [...type.getCallSignatures(), ...type.getConstructSignatures()];
  const found = signatures.flatMap((one) => optionsOf(checker, exported.name, one));
  if (type.getConstructSignatures().length === 0) return found;
  const methods = checker.getDeclaredTypeOfSymbol(symbol).getProperties();
  return [
    ...found,
    ...methods.flatMap((method) => {
      const own = method.valueDeclaration;
      if (!own || own.getSourceFile().isDeclarationFile) return [];
      if (ts.getCombinedModifierFlags(own) & ts.ModifierFlags.Private) return [];
      const calls = checker.getTypeOfSymbolAtLocation(method, own).getCallSignatures();
      return calls.flatMap((one) => optionsOf(checker, `${exported.name}.${method.name}`, one));
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
