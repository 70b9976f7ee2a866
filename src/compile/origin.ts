/** Where in the source something was recorded; turned into text only when an error needs it. */
export interface Origin {
  readonly stack?: string;
}

const DEPTH = 40;
const INTERNAL = [
  /[\\/]node_modules[\\/]/,
  // TensorFlow.js as its source maps name it
  /[\\/]tfjs-[\w-]+[\\/](src|dist)[\\/]/,
  /[\\/]compile[\\/](compile|interception|lifetimes|program|recorder)\.[jt]s/,
  // frames that only hand the call on
  /[\\/]nn[\\/]probe\.[jt]s/,
  /\(?node:/,
  /<anonymous>\)?$/,
];

export function captureOrigin(): Origin {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = DEPTH;
  const origin: Origin = {};
  Error.captureStackTrace(origin, captureOrigin);
  Error.stackTraceLimit = limit;
  return origin;
}

/** The first few lines of source outside TensorFlow.js and the compiler, innermost first. */
export function describeOrigin(origin: Origin, lines = 3): string {
  const frames = (origin.stack ?? "").split("\n").filter((line) => /^\s+at /.test(line));
  const own = frames.filter((line) => !INTERNAL.some((pattern) => pattern.test(line)));
  if (own.length === 0) return "    (no source line is known)";
  return own
    .slice(0, lines)
    .map((line) => `    ${line.trim()}`)
    .join("\n");
}
