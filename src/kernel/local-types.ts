// Types that a cell declares inside a function and lets out of it: `() => { interface P { a: 1 } … return p }`. TypeScript
// refuses to write such a declaration, for nobody could name P. Here P moves out, as `P·1`, beside what mentions it.
import type typescript from "typescript";
import type { TypeScript } from "./tslab.js";

/** Of a name that was moved out. A learner's own would hardly look like it. */
const MOVED = /·\d+$/;

export function isMoved(name: string): boolean {
  return MOVED.test(name);
}

/** The type that the identifier of a generated node stands for; TypeScript keeps it there for itself. */
type Generated = typescript.Identifier & { readonly symbol?: typescript.Symbol };

function isOutside(ts: TypeScript, node: typescript.Node): boolean {
  for (let at = node.parent; at; at = at.parent) {
    if (ts.isSourceFile(at)) return true;
    if (ts.isFunctionLike(at) || ts.isBlock(at) || ts.isClassLike(at)) return false;
  }
  return true;
}

class Mover {
  readonly statements: typescript.Statement[] = [];
  private readonly ts: TypeScript;
  private readonly checker: typescript.TypeChecker;
  private readonly cell: typescript.SourceFile;
  private readonly context: typescript.TransformationContext;
  private readonly taken: Set<string>;
  private readonly names = new Map<typescript.Symbol, string>();
  private readonly flags: typescript.NodeBuilderFlags;

  constructor(
    ts: TypeScript,
    program: typescript.Program,
    cell: typescript.SourceFile,
    context: typescript.TransformationContext,
    taken: ReadonlySet<string>,
  ) {
    [this.ts, this.checker, this.cell, this.context] = [ts, program.getTypeChecker(), cell, context];
    this.taken = new Set(taken);
    const { NodeBuilderFlags: F } = ts;
    this.flags =
      F.NoTruncation |
      F.WriteClassExpressionAsTypeLiteral |
      F.UseTypeOfFunction |
      F.UseStructuralFallback |
      F.InTypeAlias;
  }

  /** A tree of declarations with its local types by their new names. */
  visit<T extends typescript.Node>(tree: T, own: readonly typescript.Node[] = []): T {
    const { ts } = this;
    const visit = (node: typescript.Node): typescript.Node => {
      if (ts.isImportTypeNode(node)) {
        const args = ts.visitNodes(node.typeArguments, visit, ts.isTypeNode);
        return ts.factory.updateImportTypeNode(
          node,
          node.argument,
          node.attributes,
          node.qualifier,
          args,
          node.isTypeOf,
        );
      }
      if (ts.isTypeReferenceNode(node) && own.length > 0 && this.isForeignParameter(node.typeName, own))
        return ts.factory.createKeywordTypeNode(ts.SyntaxKind.AnyKeyword);
      if (ts.isTypeReferenceNode(node) || ts.isTypeQueryNode(node) || ts.isExpressionWithTypeArguments(node)) {
        const name = this.moved(
          ts.isTypeReferenceNode(node) ? node.typeName : ts.isTypeQueryNode(node) ? node.exprName : node.expression,
        );
        if (name) return this.renamed(node, name, visit);
      }
      return ts.visitEachChild(node, visit, this.context);
    };
    return visit(tree) as T;
  }

  private renamed(
    node: typescript.TypeReferenceNode | typescript.TypeQueryNode | typescript.ExpressionWithTypeArguments,
    name: typescript.EntityName,
    visit: typescript.Visitor,
  ): typescript.Node {
    const { ts } = this;
    const args = ts.visitNodes(node.typeArguments, visit, ts.isTypeNode);
    return ts.isTypeQueryNode(node)
      ? ts.factory.createTypeQueryNode(name, args)
      : ts.factory.createTypeReferenceNode(name, args);
  }

  /** `f.P` is what TypeScript calls the P of a generic function: the type that is meant is the first local one. */
  private moved(name: typescript.Node): typescript.EntityName | undefined {
    const { ts } = this;
    if (ts.isIdentifier(name)) {
      const { symbol } = name as Generated;
      return symbol && this.isLocal(symbol) ? ts.factory.createIdentifier(this.nameOf(symbol)) : undefined;
    }
    if (!ts.isQualifiedName(name)) return undefined;
    const left = this.moved(name.left);
    return left ? ts.factory.createQualifiedName(left, name.right) : this.moved(name.right);
  }

  private isForeignParameter(name: typescript.EntityName, own: readonly typescript.Node[]): boolean {
    const { ts } = this;
    const symbol = ts.isIdentifier(name) ? (name as Generated).symbol : undefined;
    if (!symbol || !(symbol.flags & ts.SymbolFlags.TypeParameter)) return false;
    const within = (node: typescript.Node | undefined): boolean =>
      node !== undefined && (own.includes(node) || within(node.parent));
    return !(symbol.declarations ?? []).some(within);
  }

  /** Whether a cell that comes later cannot say the symbol's name. */
  private isLocal(symbol: typescript.Symbol): boolean {
    const { ts } = this;
    if (symbol.flags & (ts.SymbolFlags.TypeParameter | ts.SymbolFlags.Alias)) return false;
    const { declarations = [] } = symbol;
    return declarations.length > 0 && declarations.every((one) => this.isHidden(one));
  }

  private isHidden(declaration: typescript.Declaration): boolean {
    const { ts } = this;
    const file = declaration.getSourceFile();
    if (file === this.cell) return !isOutside(ts, declaration);
    // What an imported module does not export. In the declarations of earlier cells all names can be said.
    return ts.isExternalModule(file) && !file.fileName.endsWith("__prev__.d.ts") && isOutside(ts, declaration);
  }

  private nameOf(symbol: typescript.Symbol): string {
    const known = this.names.get(symbol);
    if (known) return known;
    let count = 1;
    while (this.taken.has(`${symbol.name}·${count}`)) count++;
    const name = `${symbol.name}·${count}`;
    this.taken.add(name);
    this.names.set(symbol, name);
    const own = symbol.declarations ?? [];
    for (const statement of this.declare(symbol, name)) this.statements.push(this.visit(statement, own));
    return name;
  }

  private declare(symbol: typescript.Symbol, name: string): typescript.Statement[] {
    const { ts, checker } = this;
    const { factory: f, SymbolFlags: S } = ts;
    const ambient = [f.createModifier(ts.SyntaxKind.DeclareKeyword)];
    if (symbol.flags & S.Enum) {
      const enums = (symbol.declarations ?? []).filter(ts.isEnumDeclaration);
      const members = enums.flatMap(({ members: all }) => all.map((one) => this.enumMember(one)));
      return [f.createEnumDeclaration(ambient, name, members)];
    }
    const value = (type: typescript.TypeNode): typescript.Statement => {
      const list = [f.createVariableDeclaration(name, undefined, type)];
      return f.createVariableStatement(ambient, f.createVariableDeclarationList(list, ts.NodeFlags.Const));
    };
    if (symbol.flags & (S.Class | S.Interface)) {
      const type = checker.getDeclaredTypeOfSymbol(symbol) as typescript.InterfaceType;
      const parameters = this.parameters(type.localTypeParameters);
      const instance = f.createInterfaceDeclaration([], name, parameters, undefined, this.members(type));
      if (!(symbol.flags & S.Class)) return [instance];
      return [instance, value(f.createTypeLiteralNode(this.members(checker.getTypeOfSymbol(symbol))))];
    }
    if (symbol.flags & S.TypeAlias) {
      const type = checker.getDeclaredTypeOfSymbol(symbol);
      const parameters = this.parameters((symbol as { typeParameters?: typescript.TypeParameter[] }).typeParameters);
      return [f.createTypeAliasDeclaration(ambient, name, parameters, this.node(type))];
    }
    return [value(this.node(checker.getTypeOfSymbol(symbol)))];
  }

  private parameters(types: readonly typescript.TypeParameter[] = []): typescript.TypeParameterDeclaration[] {
    return types.flatMap((type) => this.checker.typeParameterToDeclaration(type, this.cell, this.flags) ?? []);
  }

  private node(type: typescript.Type): typescript.TypeNode {
    const any = (): typescript.TypeNode => this.ts.factory.createKeywordTypeNode(this.ts.SyntaxKind.AnyKeyword);
    return this.checker.typeToTypeNode(type, this.cell, this.flags) ?? any();
  }

  private enumMember(member: typescript.EnumMember): typescript.EnumMember {
    const f = this.ts.factory;
    const value = this.checker.getConstantValue(member);
    if (typeof value === "string") return f.createEnumMember(member.name, f.createStringLiteral(value));
    if (value === undefined) return f.createEnumMember(member.name);
    const size = f.createNumericLiteral(Math.abs(value));
    const minus = this.ts.SyntaxKind.MinusToken;
    return f.createEnumMember(member.name, value < 0 ? f.createPrefixUnaryExpression(minus, size) : size);
  }

  /** What can be seen of a type from outside: its private members are left out. */
  private members(type: typescript.Type): typescript.TypeElement[] {
    const { ts, checker, cell, flags } = this;
    const { Call, Construct } = ts.SignatureKind;
    const { CallSignature, ConstructSignature } = ts.SyntaxKind;
    const signatures = (kind: typescript.SignatureKind, as: typescript.SyntaxKind): typescript.TypeElement[] =>
      checker
        .getSignaturesOfType(type, kind)
        .map(
          (one) => checker.signatureToSignatureDeclaration(one, as, cell, flags) as unknown as typescript.TypeElement,
        );
    const infos = checker.getIndexInfosOfType(type).map((info) => {
      const parameter = ts.factory.createParameterDeclaration([], undefined, "key", undefined, this.node(info.keyType));
      return ts.factory.createIndexSignature([], [parameter], this.node(info.type));
    });
    const properties = checker.getPropertiesOfType(type).flatMap((property) => this.property(property) ?? []);
    return [...signatures(Call, CallSignature), ...signatures(Construct, ConstructSignature), ...infos, ...properties];
  }

  private property(symbol: typescript.Symbol): typescript.TypeElement | undefined {
    const { ts } = this;
    const { factory: f, ModifierFlags: M, SymbolFlags: S } = ts;
    const declaration = symbol.valueDeclaration;
    const modifiers = declaration ? ts.getCombinedModifierFlags(declaration) : 0;
    if (symbol.flags & S.Prototype || modifiers & (M.Private | M.Protected)) return undefined;
    const wellKnown = /^__@(\w+)@/.exec(String(symbol.escapedName))?.[1];
    if (!wellKnown && String(symbol.escapedName).startsWith("__#")) return undefined;
    const name = wellKnown
      ? f.createComputedPropertyName(f.createPropertyAccessExpression(f.createIdentifier("Symbol"), wellKnown))
      : f.createStringLiteral(symbol.name);
    const isReadonly = modifiers & M.Readonly || (symbol.flags & S.Accessor) === S.GetAccessor;
    const kept = isReadonly ? [f.createModifier(ts.SyntaxKind.ReadonlyKeyword)] : [];
    const optional = symbol.flags & S.Optional ? f.createToken(ts.SyntaxKind.QuestionToken) : undefined;
    return f.createPropertySignature(kept, name, optional, this.node(this.checker.getTypeOfSymbol(symbol)));
  }
}

/** All names of moved types in a text. */
export function movedNames(text: string): Set<string> {
  return new Set(text.match(/[\p{ID_Start}$_][\p{ID_Continue}$]*·\d+/gu));
}

/** @param taken the moved types of earlier cells */
export function moveLocalTypes(
  ts: TypeScript,
  program: typescript.Program,
  cell: typescript.SourceFile,
  taken: ReadonlySet<string>,
): typescript.TransformerFactory<typescript.SourceFile> {
  return (context) => (file) => {
    const mover = new Mover(ts, program, cell, context, taken);
    const statements = file.statements.map((statement) => mover.visit(statement));
    if (mover.statements.length === 0) return file;
    return ts.factory.updateSourceFile(file, [...statements, ...mover.statements]);
  };
}

/** Declarations without the moved ones that nothing mentions any more. */
export function withoutUnusedTypes(ts: TypeScript, declarations: string): string {
  if (!declarations.includes("·")) return declarations;
  const file = ts.createSourceFile("declarations.d.ts", declarations, ts.ScriptTarget.Latest, true);
  const named = file.statements.map((statement) => {
    const text = statement.getFullText(file);
    const mentions = movedNames(text);
    const list = ts.isVariableStatement(statement) ? statement.declarationList.declarations : [statement];
    const names = (list as readonly typescript.Node[]).map((one) => (one as typescript.NamedDeclaration).name);
    const name = names.find((one) => one && ts.isIdentifier(one) && isMoved(one.text)) as
      typescript.Identifier | undefined;
    return { text, mentions, name: name?.text };
  });
  const used = new Set(named.filter(({ name }) => !name).flatMap(({ mentions }) => [...mentions]));
  for (const name of used)
    for (const one of named) if (one.name === name) one.mentions.forEach((other) => used.add(other));
  return named
    .filter(({ name }) => !name || used.has(name))
    .map(({ text }) => text)
    .join("");
}
