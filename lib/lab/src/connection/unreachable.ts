/** Codes by which a network says that nobody is there, or no more. */
const CODES = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT"],
  ...["ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH"],
]);

/** Whether a server could not be reached, or fell silent: later, it may answer. */
export function isUnreachable(error: unknown): boolean {
  for (let cause = error; typeof cause === "object" && cause !== null; ) {
    if ("code" in cause && CODES.has(String(cause.code))) return true;
    cause = "cause" in cause ? cause.cause : null;
  }
  return false;
}
