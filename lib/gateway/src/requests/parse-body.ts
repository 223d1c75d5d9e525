import { oneLine } from "../basics/one-line";
import { invalidJson } from "../errors";

/** How deep arrays and objects may lie in each other: serde_json's limit. */
const MAX_DEPTH = 127;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/**
 * A request's body as JSON. It refuses what TensorZero's reader does and JavaScript's takes, because no row could hold it:
 * bytes that are no UTF-8, half a character (a lone surrogate), numbers beyond double precision, deep nesting.
 *
 * @throws GatewayError 400
 */
export function parseBody(bytes: Uint8Array): unknown {
  if (bytes.length > UNCOUNTED_BYTES) assertShape(bytes);
  let body: unknown;
  try {
    body = JSON.parse(utf8.decode(bytes));
  } catch (error) {
    throw unreadable(error instanceof SyntaxError ? error.message : "invalid unicode code point");
  }
  const path: string[] = [];
  const fault = faultIn(body, MAX_DEPTH, path);
  if (fault === undefined) return body;
  throw unreadable(
    path.length === 0 ? fault : `${oneLine(path.reverse().join("."), 100)}: ${fault}`,
  );
}

function unreadable(problem: string) {
  return invalidJson(`Failed to parse the request body as JSON: ${problem} (400 Bad Request)`);
}

/** A text that is no longer needs no look at its shape before it is parsed. */
const UNCOUNTED_BYTES = 256 * 1024;

/** A value takes up to twenty times the memory of its text. */
const MAX_VALUES = 1_000_000;

/** subtle: `JSON.parse` takes a minute and gigabytes for a hundred megabytes of brackets. */
function assertShape(bytes: Uint8Array): void {
  let depth = 0;
  let values = 1;
  let isString = false;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i];
    if (isString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) isString = false;
    } else if (byte === QUOTE) isString = true;
    else if (byte === BRACE || byte === BRACKET) depth++;
    else if (byte === END_BRACE || byte === END_BRACKET) depth--;
    else if (byte === COMMA) values++;
    if (depth > MAX_DEPTH) throw unreadable("recursion limit exceeded");
    if (values > MAX_VALUES) throw unreadable(`more than ${MAX_VALUES} values`);
  }
}

const [QUOTE, BACKSLASH, COMMA, BRACE, END_BRACE, BRACKET, END_BRACKET] = Buffer.from('"\\,{}[]');

const LONE = "lone leading surrogate in hex escape";

/** What is wrong with a parsed value. @param room how many levels it may have @param path filled with where it is, backwards */
function faultIn(value: unknown, room: number, path: string[]): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : LONE;
  if (typeof value === "number") return Number.isFinite(value) ? undefined : "number out of range";
  if (typeof value !== "object" || value === null) return undefined;
  if (room === 0) return "recursion limit exceeded";
  for (const key in value) {
    if (!key.isWellFormed()) return LONE;
    const fault = faultIn((value as Record<string, unknown>)[key], room - 1, path);
    if (fault === undefined) continue;
    path.push(key);
    return fault;
  }
  return undefined;
}
