/** The pen of drawings: writes SVG as text, with the three methods of a d3 selection that a drawing needs. */

/** A d3 selection is one too. */
export interface Pen {
  /** A new element within this one, last. */
  append(name: string): Pen;
  attr(name: string, value: string | number): Pen;
  /** Replaces what is within this element. */
  text(value: string): Pen;
}

/** An SVG element, without a document. */
export class SvgElement implements Pen {
  private readonly attributes = new Map<string, string>();
  private content: (SvgElement | string)[] = [];

  constructor(private readonly name: string) {}

  append(name: string): SvgElement {
    const element = new SvgElement(name);
    this.content.push(element);
    return element;
  }

  attr(name: string, value: string | number): this {
    this.attributes.set(name, String(value));
    return this;
  }

  text(value: string): this {
    this.content = value === "" ? [] : [escaped(value)];
    return this;
  }

  toString(): string {
    // The latest attribute first: saved pictures have them in this order.
    const attributes = [...this.attributes]
      .reverse()
      .map(([name, value]) => ` ${name}="${escaped(value).replaceAll('"', "&quot;")}"`)
      .join("");
    const start = `<${this.name}${attributes}`;
    return this.content.length === 0 ? `${start} />` : `${start}>${this.content.join("")}</${this.name}>`;
  }
}

/** Text for between two tags of an SVG. */
export function escaped(text: string): string {
  return allowedInXml(text)
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("\u00a0", "&#160;");
}

/** The same text, with U+FFFD for the characters that no XML may hold. */
export function allowedInXml(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\p{Cs}/gu, "\ufffd");
}
