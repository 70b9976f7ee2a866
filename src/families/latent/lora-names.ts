/** Names of low-rank updates in files: what diffusers, its former versions and kohya's scripts call them. */
import { clipNames } from "../../networks/clip/clip-names.js";
import { presentTensor } from "../../networks/former-names.js";
import { ldmUNetName, type LdmUNetConfig } from "../../networks/ldm-names.js";

/** The parts of a pipeline that a LoRA may change. */
export const loraParts = ["unet", "text_encoder"] as const;
export type LoraPart = (typeof loraParts)[number];

/** What a tensor of a LoRA is: A [rank, in], B [out, rank], or α of the scale α/rank. */
export type LoraRole = "down" | "up" | "alpha";

/** Where a tensor belongs: to a layer's weight, by the name of its parameter. */
export interface LoraPlace {
  readonly part: LoraPart;
  readonly parameter: string;
  readonly role: LoraRole;
}

const ends: readonly (readonly [RegExp, LoraRole])[] = [
  [/\.(lora_A|lora\.down|lora_down|lora_linear_layer\.down)(\.default(_0)?)?\.weight$/, "down"],
  [/\.(lora_B|lora\.up|lora_up|lora_linear_layer\.up)(\.default(_0)?)?\.weight$/, "up"],
  [/\.alpha$/, "alpha"],
];
/** Before kohya's names, in which every dot is an underscore. */
const kohya: Readonly<Record<string, LoraPart>> = { lora_unet_: "unet", lora_te_: "text_encoder" };

/** The layers of a pipeline, by every name that a file may have for them. */
export class LoraNames {
  private readonly layers = new Map<string, Omit<LoraPlace, "role">>();

  /**
   * @param unet the U-Net's configuration, for its names in the layout of ldm
   * @param parameters names of the weights of dense layers and convolutions
   */
  constructor(unet: LdmUNetConfig, parameters: Readonly<Record<LoraPart, Iterable<string>>>) {
    for (const part of loraParts) {
      for (const parameter of parameters[part]) {
        const layer = parameter.replace(/\.weight$/, "");
        for (const name of namesOf(part, layer, unet)) this.layers.set(name, { part, parameter });
      }
    }
  }

  /** Undefined for a tensor that belongs to none of the layers, or is of another kind. */
  placeOf(key: string): LoraPlace | undefined {
    // Files of before 2023: …attn1.processor.to_q_lora.down.weight
    const present = key
      .replace(/\.processor\.(to_\w+?)_lora\./, ".$1.lora.")
      .replace(/\.to_out\.lora\./, ".to_out.0.lora.");
    for (const [end, role] of ends) {
      const found = end.exec(present);
      if (!found) continue;
      const place = this.layers.get(layerName(present.slice(0, found.index)));
      return place && { ...place, role };
    }
    return undefined;
  }
}

/** A layer as a file names it, brought to one of {@link namesOf}. */
function layerName(stem: string): string {
  const text = /^text_encoder\.(.+)$/.exec(stem)?.[1];
  if (text !== undefined) return `text_encoder.${clipNames.text(text) ?? text}`;
  // Names of attention from before are read as its present ones.
  return presentTensor(`${stem}.weight`).replace(/\.weight$/, "");
}

function namesOf(part: LoraPart, layer: string, unet: LdmUNetConfig): string[] {
  const flat = layer.replaceAll(".", "_");
  const [start] = Object.entries(kohya).find(([, one]) => one === part)!;
  const names = [`${part}.${layer}`, start + flat];
  const ldm = part === "unet" ? ldmLayer(unet, layer) : undefined;
  if (ldm !== undefined) names.push(start + ldm.replaceAll(".", "_"));
  return names;
}

/** Undefined where the layout has no place for the layer. */
function ldmLayer(unet: LdmUNetConfig, layer: string): string | undefined {
  try {
    return ldmUNetName(unet, `${layer}.weight`).replace(/\.weight$/, "");
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}
