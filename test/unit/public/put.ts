/** Puts a thing into arguments, at a place in records and lists. */

/** The arguments with `thing` at the place; undefined where these arguments have no such place. */
export function put(args: readonly unknown[], at: readonly (number | string)[], thing: unknown): unknown[] | undefined {
  const [key, ...rest] = at;
  const copy = [...args];
  if (rest.length === 0) copy[key as number] = thing;
  else {
    const inside = within(args[key as number], rest, thing);
    if (!inside) return undefined;
    copy[key as number] = inside;
  }
  return copy;
}

function within(holder: unknown, [key, ...rest]: readonly (number | string)[], thing: unknown): object | undefined {
  const isList = Array.isArray(holder);
  const isRecord = typeof holder === "object" && holder !== null && Object.getPrototypeOf(holder) === Object.prototype;
  if ((!isList && !isRecord) || (isList && holder.length === 0)) return undefined;
  const held = (holder as Record<number | string, unknown>)[key];
  const next = rest.length === 0 ? thing : within(held, rest, thing);
  if (rest.length > 0 && next === undefined) return undefined;
  if (!isList) return { ...holder, [key]: next };
  return holder.map((entry: unknown, i) => (i === key ? next : entry));
}
