/** The picture that grids and drawings return: finished pixels. */

/** A finished picture: PNG bytes, and the SVG it was drawn from if there is one. */
export interface Picture {
  readonly png: Uint8Array;
  readonly svg?: string;
  /** CSS pixels at which it is shown; the PNG may hold twice as many for sharp text. */
  readonly width: number;
  readonly height: number;
  /** What the picture shows, for readers who cannot see it. */
  readonly alt: string;
}

/** True for anything with the shape of a {@link Picture}. */
export function isPicture(value: unknown): value is Picture {
  const picture = value as Partial<Picture> | null;
  return (
    typeof picture === "object" &&
    picture !== null &&
    picture.png instanceof Uint8Array &&
    typeof picture.width === "number"
  );
}
