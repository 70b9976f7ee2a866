/** Keys that transformers writes into every configuration, and that change nothing of what CLIP computes. */

/** How texts are generated, how classes are named, what else a program may ask for: nothing of the network. */
const anyValue = [
  ...["architectures", "model_type", "transformers_version", "dtype", "torch_dtype", "torchscript", "use_bfloat16"],
  ...["tf_legacy_loss", "use_cache", "return_dict", "output_attentions", "output_hidden_states", "output_scores"],
  ...["return_dict_in_generate", "id2label", "label2id", "num_labels", "problem_type", "finetuning_task", "prefix"],
  ...["task_specific_params", "tokenizer_class", "name_or_path", "_name_or_path", "attn_implementation"],
  ...["bos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id", "forced_bos_token_id"],
  ...["forced_eos_token_id", "bad_words_ids", "suppress_tokens", "begin_suppress_tokens", "max_length", "min_length"],
  ...["do_sample", "early_stopping", "num_beams", "num_beam_groups", "diversity_penalty", "temperature", "top_k"],
  ...["top_p", "typical_p", "repetition_penalty", "length_penalty", "no_repeat_ngram_size", "num_return_sequences"],
  ...["encoder_no_repeat_ngram_size", "remove_invalid_values", "exponential_decay_length_penalty"],
  ...["chunk_size_feed_forward", "tie_word_embeddings", "tie_encoder_decoder", "cross_attention_hidden_size"],
  // How weights started, before anybody trained them.
  ...["initializer_factor", "initializer_range"],
] as const;

/** As `neutral` of `withDefaults`; what would change the network is allowed at its usual value alone. */
export const transformersKeys: Readonly<Record<string, readonly unknown[] | "any">> = {
  ...Object.fromEntries(anyValue.map((key) => [key, "any" as const])),
  // Dropout trains; drawing and the library's own training leave it out.
  attention_dropout: "any",
  dropout: "any",
  is_decoder: [false],
  is_encoder_decoder: [false],
  add_cross_attention: [false],
};
