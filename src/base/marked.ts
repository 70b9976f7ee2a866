/** Parts of a page that a program writes, between two comments. */

/** The part between `<!-- name -->` and `<!-- /name -->`. @throws RangeError if the marks are missing */
export function markedPart(page: string, name: string): string {
  const { from, to } = place(page, name);
  return page.slice(from, to).replace(/^\n|\n$/g, "");
}

/** The page with another part between the marks. @throws RangeError if the marks are missing */
export function replaceMarked(page: string, name: string, content: string): string {
  const { from, to } = place(page, name);
  return `${page.slice(0, from)}\n${content}\n${page.slice(to)}`;
}

function place(page: string, name: string): { from: number; to: number } {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [page.indexOf(open), page.indexOf(close)];
  if (from < 0 || to < from)
    throw new RangeError(`there is no place for "${name}": put ${open} and ${close} where it belongs`);
  return { from: from + open.length, to };
}
