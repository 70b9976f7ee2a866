/** In place of `processor.ts` where nothing is known of the processor, as package.json says under "browser". */
export function bfloat16Supported(): boolean {
  return false;
}
