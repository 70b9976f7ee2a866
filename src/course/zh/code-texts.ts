/** What a code cell says to its reader: comments, and the sentences by which checks judge an answer. */
import ts from "typescript";

/** A piece of a cell that may be said in another language. */
export interface CodeText {
  readonly text: string;
  /** Where the text begins and ends in the cell. */
  readonly start: number;
  readonly end: number;
  /** The quotation mark around it; a comment has none. */
  readonly quote?: string;
}

/** A word that a comment must have to be worth a translation: `// 2.1` has none. */
const WORD = /\p{Script=Latin}{3}/u;
/** A sentence in quotes has two words; a name or a letter has one. */
const TWO_WORDS = /\p{Script=Latin}{2,}[^\n]* \S/u;

/** What judges an answer is called so: `judge21`, or the reasons it chooses from, `why`. */
const JUDGE = /^(judge\d*|why|hints?)$/;

/** The comments of a cell and the sentences by which it judges answers, in its order. Words of charts are none of them. */
export function codeTexts(source: string): CodeText[] {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.Latest, true);
  const found = new Map<number, CodeText>();
  const add = (one: CodeText): unknown => found.set(one.start, one);
  visit(file, (leaf) => {
    for (const range of commentsBefore(source, leaf)) {
      const one = commentText(source, range);
      if (WORD.test(one.text)) add(one);
    }
  });
  visit(file, (leaf) => {
    const one = judges(leaf) ? sentence(source, leaf, file) : undefined;
    if (one && TWO_WORDS.test(one.text)) add(one);
  });
  return [...found.values()].sort((a, b) => a.start - b.start);
}

/** The cell with each text in place of its own; what has no translation stays. */
export function withCodeTexts(source: string, translate: (text: string) => string | undefined): string {
  let [result, done] = ["", 0];
  for (const { text, start, end, quote } of codeTexts(source)) {
    const translation = translate(text);
    if (translation === undefined) continue;
    result += source.slice(done, start) + (quote ? quoted(translation, quote) : translation);
    done = end;
  }
  return result + source.slice(done);
}

/**
 * Whether two cells are one program but for their comments and sentences. A catalogue is written by anybody: a translation
 * with the end of a comment, a quotation mark or a `${…}` of its own in it would otherwise become code.
 */
export function sameProgram(one: string, other: string): boolean {
  const [tokens, others] = [programOf(one), programOf(other)];
  return tokens.length === others.length && tokens.every((token, i) => token === others[i]);
}

/** The tokens of a cell; of those that say a sentence, their kind. */
function programOf(source: string): string[] {
  const file = ts.createSourceFile("cell.ts", source, ts.ScriptTarget.Latest, true);
  const tokens: string[] = [];
  visit(file, (leaf) => {
    if (leaf.getChildCount() > 0) return;
    const says = ts.isStringLiteralLike(leaf) || ts.isTemplateMiddleOrTemplateTail(leaf) || ts.isTemplateHead(leaf);
    tokens.push(says && judges(leaf) ? `${leaf.kind}` : `${leaf.kind} ${leaf.getText(file)}`);
  });
  return tokens;
}

/** Whether a piece of code is a hint or predicate of `check`, or part of a judge. */
function judges(piece: ts.Node): boolean {
  for (let node = piece; node.parent; node = node.parent) {
    const { parent } = node;
    if (ts.isCallExpression(parent) && ts.isIdentifier(parent.expression) && parent.expression.text === "check") {
      return parent.arguments.indexOf(node as ts.Expression) >= 2;
    }
    const named = ts.isVariableDeclaration(parent) || ts.isFunctionDeclaration(parent);
    if (named && parent.name && ts.isIdentifier(parent.name) && JUDGE.test(parent.name.text)) return true;
  }
  return false;
}

function visit(node: ts.Node, see: (leaf: ts.Node) => void): void {
  const children = node.getChildren();
  // An expression in the middle of a template is a leaf's neighbour, so the template is seen as a whole, too.
  if (children.length === 0 || ts.isTemplateExpression(node)) see(node);
  // TypeScript reads `/** … */` as nodes; here it is a comment.
  for (const child of children) if (!ts.isJSDoc(child)) visit(child, see);
}

function commentsBefore(source: string, leaf: ts.Node): readonly ts.CommentRange[] {
  return [
    ...(ts.getTrailingCommentRanges(source, leaf.pos) ?? []),
    ...(ts.getLeadingCommentRanges(source, leaf.pos) ?? []),
  ];
}

/** A comment without its marks. */
function commentText(source: string, { pos, end }: ts.CommentRange): CodeText {
  const [, open, text] = /^(\/\/+ ?|\/\*+\s*)([\s\S]*?)(\s*\*\/)?$/.exec(source.slice(pos, end))!;
  const start = pos + open.length;
  return { text, start, end: start + text.length };
}

function sentence(source: string, leaf: ts.Node, file: ts.SourceFile): CodeText | undefined {
  if (ts.isLiteralTypeNode(leaf.parent)) return undefined;
  const plain = ts.isStringLiteral(leaf) || ts.isNoSubstitutionTemplateLiteral(leaf);
  if (!plain && !ts.isTemplateExpression(leaf)) return undefined;
  const start = leaf.getStart(file);
  const quote = source[start];
  const text = source.slice(start + 1, leaf.end - 1);
  // What stands between the quotes is taken as it is written, so that `${…}` stays for the translator.
  return { text, start: start + 1, end: leaf.end - 1, quote };
}

/** A translation between these quotation marks. */
function quoted(text: string, quote: string): string {
  return text.replaceAll(new RegExp(`(?<!\\\\)${quote}`, "g"), `\\${quote}`);
}
