/** Codes of a connection that was never made. */
const NOT_CONNECTED = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH"]);

/** Codes by which a network says that nobody is there, or no more. */
const NOBODY = new Set([...NOT_CONNECTED, ...["ECONNRESET", "EPIPE", "ETIMEDOUT", "ENETUNREACH"]]);

/**
 * What ClickHouse's client throws without any code: its time-out, and as text the page of a proxy before the server, or nothing
 * where that is empty. What the server itself says is a ClickHouseError, with a code.
 */
const NO_ANSWER =
  /^\s*$|^Timeout error\.$|\b(bad gateway|service (temporarily )?unavailable|gateway time-?out|no healthy upstream|upstream connect error)\b/i;

/** An error, and what has caused it. */
function* causesOf(error: unknown): Generator<object> {
  for (let cause = error; typeof cause === "object" && cause !== null; ) {
    yield cause;
    cause = "cause" in cause ? cause.cause : null;
  }
}

const hasCode = (error: object, codes: ReadonlySet<string>) =>
  "code" in error && codes.has(String(error.code));

/** Whether no connection was made, so that nothing can have been sent. */
export function isNotConnected(error: unknown): boolean {
  return [...causesOf(error)].some((cause) => hasCode(cause, NOT_CONNECTED));
}

/** Whether a server could not be reached, or fell silent, or only a proxy before it answers: later, it may answer. */
export function isUnreachable(error: unknown): boolean {
  return [...causesOf(error)].some((cause) => hasCode(cause, NOBODY) || isNoAnswer(cause));
}

function isNoAnswer(error: object): boolean {
  if ("code" in error || !("name" in error) || error.name !== "Error") return false;
  return "message" in error && NO_ANSWER.test(String(error.message));
}

/** Statuses of a proxy behind which nobody is. */
export function isNobody(status: number): boolean {
  return status === 502 || status === 503 || status === 504;
}
