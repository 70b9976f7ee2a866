/** Stretches a schedule until no signal is left at T. */
import type { PathKind } from "./path-kind.js";
import { requireSchedule, scheduleFromAlphaBars, type Schedule } from "./schedule.js";

/**
 * The schedule with √ᾱ shifted and stretched so that √ᾱ_T = 0 and √ᾱ_1 stays: x_T is then pure noise, as sampling assumes.
 * Train velocity or x_0 on it: ε says nothing about x_0 at t = T. Sample with `spacing: "trailing"`.
 *
 * Source: Lin et al. 2024 ("Common diffusion noise schedules and sample steps are flawed"), algorithm 1.
 */
export function zeroTerminalSnr(schedule: Schedule): Schedule {
  requireSchedule("the schedule", schedule);
  const { alphaBar, T } = schedule;
  if (T < 2) throw new RangeError("rescaling needs at least two steps");
  const [first, last] = [Math.sqrt(alphaBar[1]), Math.sqrt(alphaBar[T])];
  // √ᾱ_t ← (√ᾱ_t − √ᾱ_T)·√ᾱ_1/(√ᾱ_1 − √ᾱ_T)
  const rescaled = alphaBar.map((a, t) => (t === 0 ? 1 : (((Math.sqrt(a) - last) * first) / (first - last)) ** 2));
  const config = { kind: "zero-terminal-snr", of: schedule.config };
  return scheduleFromAlphaBars(`${schedule.name}, zero terminal SNR`, rescaled, config);
}

/** {@link zeroTerminalSnr} in a file. */
export const zeroTerminalSnrKind: PathKind = {
  kind: "zero-terminal-snr",
  parse: (fields, path) => zeroTerminalSnr(requireSchedule(fields.where, path("of"))),
};
