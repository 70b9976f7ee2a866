/** Where public functions take what: each argument, each key of a record, each entry of a list, and which kinds their types exclude. */
import ts from "typescript";
import { exported, signaturesOf } from "./option-parameters.js";
import type { Kind } from "./kinds.js";

/** An argument (`[0]`), a key of it (`[2, "steps"]`), an entry (`[0, 0]`), and the kinds that are wrong there. */
export interface Place {
  readonly at: readonly (number | string)[];
  readonly wrong: readonly Kind[];
  /** Of those, what is of the right kind, but another of it: other records, lists of others, functions that give others. */
  readonly kindred: readonly Kind[];
}

const DEPTH = 4;

/**
 * The places of each public call by its name; of a method, argument 0 is the object.
 *
 * @param made names of types into which nothing is looked
 */
export function places(modules: readonly string[], made: ReadonlySet<string>): Map<string, Place[]> {
  const { checker, symbols, kinds } = exported(modules);
  const found = new Map<string, Place[]>();
  for (const { of, signatures } of symbols.flatMap((symbol) => signaturesOf(checker, symbol))) {
    const own = new Map<string, Place>();
    const add = (at: Place["at"], type: ts.Type): void => {
      const wrong = kinds.filter((kind) => !checker.isTypeAssignableTo(kind.type, type)).map(({ name }) => name);
      const key = at.join();
      const before = own.get(key);
      const kindred = kindredOf(checker, type);
      own.set(key, { at, wrong: before ? wrong.filter((kind) => before.wrong.includes(kind)) : wrong, kindred });
    };
    const visit = (at: Place["at"], declared: ts.Type): void => {
      const constraint =
        declared.flags & ts.TypeFlags.TypeParameter ? checker.getBaseConstraintOfType(declared) : declared;
      if (!constraint || constraint.flags & (ts.TypeFlags.Any | ts.TypeFlags.Unknown)) return;
      add(at, constraint);
      if (at.length >= DEPTH) return;
      const type = checker.getNonNullableType(constraint);
      for (const one of type.isUnion() ? type.types : [type]) inside(at, one);
    };
    const inside = (at: Place["at"], type: ts.Type): void => {
      if (checker.isArrayType(type) || checker.isTupleType(type)) {
        const [entry] = checker.getTypeArguments(type as ts.TypeReference);
        if (entry) visit([...at, 0], entry);
        return;
      }
      if (!(type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return;
      const isClass = type.isClass() || (type.symbol?.flags ?? 0) & ts.SymbolFlags.Class;
      if (isClass || type.getCallSignatures().length > 0 || made.has(checker.typeToString(type))) return;
      for (const property of checker.getPropertiesOfType(type)) {
        const where = property.valueDeclaration ?? property.declarations?.[0];
        if (!where || where.getSourceFile().isDeclarationFile) continue;
        visit([...at, property.name], checker.getTypeOfSymbolAtLocation(property, where));
      }
    };
    for (const signature of signatures) {
      const seen = new Map(own);
      own.clear();
      signature.parameters.forEach((parameter, index) => {
        const where = parameter.valueDeclaration!;
        const type = checker.getTypeOfSymbolAtLocation(parameter, where);
        const isRest = ts.isParameter(where) && where.dotDotDotToken !== undefined;
        const one = isRest ? checker.getIndexTypeOfType(type, ts.IndexKind.Number) : type;
        if (!one) return;
        visit([of.includes(".") ? index + 1 : index], one);
      });
      for (const [key, place] of seen) {
        const again = own.get(key);
        if (again) own.set(key, both(place, again));
        else own.set(key, { ...place, wrong: [] });
      }
    }
    found.set(
      of,
      [...own.values()].filter(({ wrong }) => wrong.length > 0),
    );
  }
  return found;
}

/** What two signatures refuse. */
function both(one: Place, other: Place): Place {
  return {
    at: one.at,
    wrong: one.wrong.filter((kind) => other.wrong.includes(kind)),
    kindred: [...one.kindred, ...other.kindred],
  };
}

function kindredOf(checker: ts.TypeChecker, type: ts.Type): Kind[] {
  const one = checker.getNonNullableType(type);
  return (one.isUnion() ? one.types : [one]).flatMap((part): Kind[] => {
    if (!(part.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection))) return [];
    const name = part.symbol?.name ?? "";
    if (part.getCallSignatures().length > 0) return ["a function"];
    if (/^Tensor(\dD)?$/.test(name)) return ["a tensor"];
    const isList = checker.isArrayType(part) || checker.isTupleType(part) || /Array$|^ArrayLike$/.test(name);
    return isList ? ["a list"] : ["an object"];
  });
}
