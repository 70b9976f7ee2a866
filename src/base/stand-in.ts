/** What lies in the place of a file that was not got: a web page, or a pointer of Git LFS. */

/** How much of a file is looked at. */
const HEAD = 512;

const STAND_INS: readonly (readonly [RegExp, string])[] = [
  [
    /^version https:\/\/git-lfs\.github\.com\/spec\//,
    "a pointer of Git LFS and not the file that it points to: run `git lfs install` and `git lfs pull` in its repository, " +
      "or download the file itself",
  ],
  [
    /^\s*(<\?xml[^>]*>\s*)?(<!--[^]*?-->\s*)?<(!doctype html|html|head|body|title)\b/i,
    'a web page (HTML) and not the file: download the file itself, where a page shows it by its link "raw" or ' +
      '"download"; where a sign-in is asked for, sign in first',
  ],
  [
    /^\s*(<\?xml[^>]*>\s*)?<Error>/,
    "a server's refusal (XML) and not the file: look at what it says, and download the file again",
  ],
];

/**
 * Names what stands in the place of a file, with what to do; undefined if it may be the file itself.
 *
 * @param start the first bytes of it, or its text
 */
export function standIn(start: Uint8Array | string): string | undefined {
  // latin1 keeps every byte; a byte order mark may come first.
  const text = typeof start === "string" ? start.slice(0, HEAD) : String.fromCharCode(...start.subarray(0, HEAD));
  const head = text.replace(/^(\ufeff|\u00ef\u00bb\u00bf)/, "");
  return STAND_INS.find(([pattern]) => pattern.test(head))?.[1];
}
