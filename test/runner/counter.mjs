/**
 * A node:test reporter that writes nothing but the number of tests that passed and failed, as JSON.
 *
 * @param {AsyncIterable<{ type: string, data: any }>} events
 */
export default async function* counter(events) {
  let passed = 0;
  let failed = 0;
  for await (const { type, data } of events) {
    if (data?.details?.type === "suite") continue;
    // A skipped test proves nothing: it does not count.
    if (data?.skip !== undefined || data?.todo !== undefined) continue;
    if (type === "test:pass") passed++;
    if (type === "test:fail") failed++;
  }
  yield JSON.stringify({ passed, failed });
}
