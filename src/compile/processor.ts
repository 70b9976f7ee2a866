/** What the processor computes with. */
import { requireKind } from "../base/kinds.js";
import { readFileSync } from "node:fs";

/** Whether the processor multiplies bfloat16 itself (AVX512_BF16 or AMX_BF16); elsewhere it would be slower. */
export function bfloat16Supported(cpuInfo: string = readCpuInfo()): boolean {
  requireKind("cpuInfo", cpuInfo, "a text");
  return /\b(avx512_bf16|amx_bf16)\b/.test(cpuInfo);
}

function readCpuInfo(): string {
  try {
    return readFileSync("/proc/cpuinfo", "utf8");
  } catch {
    return "";
  }
}
