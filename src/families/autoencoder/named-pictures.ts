/** The pictures that autoencoders of this repository are trained on, by the name that a model's folder keeps. */
import { CaptionedDigits } from "../../data/index.js";
import type { PictureSource } from "./pictures.js";

/** Which of them: those to train on, others of the same kind, or others as a diffusion model will see them. */
export type PicturePart = "train" | "heldOut" | "heldOutSparse";

/** Compositions with 0 … 9 digits: of those with few, most is ground, and little is learned of strokes. */
const DENSE = [0, 9] as const;

export const namedPictures: Readonly<Record<string, (part: PicturePart, seed?: number) => PictureSource>> = {
  "captioned-digits": (part, seed) =>
    new CaptionedDigits({
      split: part === "train" ? "train" : "heldOut",
      ...(part !== "heldOutSparse" && { digits: DENSE }),
      seed,
    }),
};
