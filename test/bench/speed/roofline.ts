/** Floating-point operations a second, of a step and of the machine at best. */
import type { Measurement, Row } from "./measure.js";

/**
 * The most floating-point operations a second this machine was seen to reach: the fastest large matrix product of any
 * contestant. Undefined if none was timed.
 */
export function matrixPeak(rows: readonly Row[]): number | undefined {
  const products = rows.filter(({ plan }) => plan.model === "matmul");
  const fastest = products.flatMap(({ plan, measurements }) =>
    measurements.map(({ fastestMs }) => (2 * plan.batch ** 3) / (fastestMs / 1000)),
  );
  return fastest.length > 0 ? Math.max(...fastest) : undefined;
}

/**
 * Floating-point operations a second of a contestant's median step. The library counts them in its graph; the others do
 * the same arithmetic, whatever their way.
 */
export function rateOf({ measurements }: Row, { medianMs }: Measurement): number | undefined {
  const flops = measurements.find((m) => m.flops !== undefined)?.flops;
  return flops === undefined ? undefined : flops / (medianMs / 1000);
}

/** One line: what of the peak each kind of work reaches. */
export function rooflineLine(rows: readonly Row[]): string | undefined {
  const peak = matrixPeak(rows);
  if (peak === undefined) return undefined;
  const giga = (rate: number): string => (rate / 1e9).toFixed(0);
  const reached = rows.flatMap((row) => {
    const { plan, measurements } = row;
    const rate = plan.model === "matmul" ? undefined : rateOf(row, measurements[0]);
    if (rate === undefined) return [];
    return [`${plan.model} ${plan.mode} ${plan.batch}: ${giga(rate)} (${((100 * rate) / peak).toFixed(0)} %)`];
  });
  return `Roofline: matrix products reach ${giga(peak)} GFLOP/s on this machine; ${reached.join(", ")}.`;
}
