import { randomFillSync } from "node:crypto";
import { invalidId, invalidUuid, workflowRunNotFound } from "./errors";

/** No gateway existed before 2020-01-23; in seconds. */
const EARLIEST = 1_579_751_960;
/** Ids from here on belong to runs of workflow evaluations, in seconds. */
const FIRST_WORKFLOW_EVALUATION = 10_000_000_000;

const random = Buffer.alloc(4096);
let used = random.length;
let lastMs = 0;
let counter = 0;

/** A clock further behind the newest id than this was not set back: it was wrong before. In milliseconds. */
const MOST_BEHIND = 86_400_000;

/**
 * Makes ids come after `ms`, which an id of before has, although the clock may have been set back since.
 *
 * @param ms since 1970; a time more than a day ahead is left aside
 */
export function continueAfter(ms: number): void {
  if (ms - Date.now() < MOST_BEHIND) lastMs = Math.max(lastMs, ms);
}

/**
 * A UUIDv7 (RFC 9562): 48 bits of milliseconds, then a 12-bit counter, so that ids made here sort by creation, also when
 * the clock is set back, then 62 random bits.
 */
export function uuidv7(now: number = Date.now()): string {
  if (now > lastMs) {
    lastMs = now;
    counter = 0;
  } else if (++counter > 0xfff) {
    lastMs++; // subtle: more than 4096 in one millisecond borrow from the next one
    counter = 0;
  }
  if (used === random.length) {
    randomFillSync(random);
    used = 0;
  }
  const tail = random.subarray(used, used + 8);
  used += 8;
  tail.writeUInt8((tail.readUInt8(0) & 0x3f) | 0x80);
  const time = lastMs.toString(16).padStart(12, "0");
  const hex = tail.toString("hex");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${counter.toString(16).padStart(3, "0")}-${hex.slice(0, 4)}-${hex.slice(4)}`;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** Milliseconds since 1970 that a UUIDv7 carries. */
export function timeOf(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

/**
 * Refuses an episode id that the gateway could not have made.
 *
 * @throws GatewayError 400
 */
export function validateEpisodeId(id: string): void {
  const version = Number.parseInt(id.charAt(14), 16);
  // subtle: versions without a time in them fail before the version is looked at, with another text.
  if (version !== 1 && version !== 6 && version !== 7) throw invalidUuid(id);
  if (version !== 7) throw invalidId("Episode", `Version must be 7, got ${version}`);
  const seconds = Math.floor(timeOf(id) / 1000);
  if (seconds >= FIRST_WORKFLOW_EVALUATION) throw workflowRunNotFound(id);
  if (seconds < EARLIEST) throw invalidId("Episode", "Timestamp is too early");
  // subtle: an id from before the clock was set back is none of the future.
  if (seconds > Math.floor(Math.max(Date.now(), lastMs) / 1000))
    throw invalidId("Episode", "Timestamp is in the future");
}
