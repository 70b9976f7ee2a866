/** The language in which the notebook's own sentences are spoken. */

/** English, or Chinese in simplified characters. */
export type Language = "en" | "zh";

/**
 * What `DIFFUSION_LAB_LANG` asks for: `zh`, `zh-CN` and `zh_CN.UTF-8` are Chinese, everything else is English. The kernel
 * that the Chinese notebooks name sets it.
 */
export function language(environment: NodeJS.ProcessEnv = process.env): Language {
  return /^zh([-_.]|$)/i.test(environment["DIFFUSION_LAB_LANG"] ?? "") ? "zh" : "en";
}
