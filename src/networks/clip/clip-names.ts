/** How versions of transformers name CLIP's tensors: with the tower before each name, or without; and what they leave. */

/** Names of a tower by itself, which version 5 writes without the tower's own. */
const BARE = /^(embeddings|encoder|final_layer_norm|pre_layrnorm|post_layernorm)\./;
/** 0, 1, 2, …: written by version 4.30 and before. */
const COUNTING = /\.embeddings\.position_ids$/;

function inTower(tower: string): (name: string) => string | null {
  return (name) => {
    const full = BARE.test(name) ? `${tower}.${name}` : name;
    return COUNTING.test(full) ? null : full;
  };
}

/** The name here of a tensor of a file; null for what is no part of the network. */
export const clipNames = {
  text: inTower("text_model"),
  vision: inTower("vision_model"),
  both: (name: string): string | null => (COUNTING.test(name) ? null : name),
} as const;
