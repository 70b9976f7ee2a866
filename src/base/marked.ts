/** Parts of a page that a program writes, between two comments. */

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. Throws RangeError if the marks are missing. */
export function replaceMarked(text: string, name: string, content: string): string {
  const [open, close] = [`<!-- ${name} -->`, `<!-- /${name} -->`];
  const [from, to] = [text.indexOf(open), text.indexOf(close)];
  if (from < 0 || to < from)
    throw new RangeError(`there is no place for "${name}": put ${open} and ${close} where it belongs`);
  return `${text.slice(0, from + open.length)}\n${content}\n${text.slice(to)}`;
}
