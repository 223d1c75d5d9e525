import type { ClickHouseClient } from "@clickhouse/client";
import { didYouMean } from "../../basics/did-you-mean";
import { allRuns } from "./all-runs";

/** Of so much of an id that is all date: others of the same minute are meant at most. */
const MISTYPED = 1 / 8;

/** What to say of a run that the store does not have: which it may be, and the newest. */
export async function describeUnknownRun(
  clickhouse: ClickHouseClient,
  run: string,
): Promise<string> {
  const known = (await allRuns(clickhouse)).map((state) => state.run);
  const text = `The store has no run ${JSON.stringify(run)}.`;
  if (known.length === 0) return `${text} It has none at all: is this the right store?`;
  const newest = known.slice(0, 3).join(", ");
  return `${text}${didYouMean(run, known, MISTYPED)} The newest are ${newest}; npm run runs lists all.`;
}
