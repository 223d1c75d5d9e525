import { setTimeout as sleep } from "node:timers/promises";
import { ClickHouseError } from "@clickhouse/client";
import { EnvError } from "babyai";
import { ConfigError, StoreOpenError } from "embedded-gateway";
import { PublishedEntryError, publishedWorlds } from "../../analysis/published/episodes";
import { didYouMean } from "../../basics/did-you-mean";
import { GatewayNotFoundError } from "../../connection/locate";
import { isUnreachable } from "../../connection/unreachable";
import { progressMime } from "../../display/progress";
import { TerminalListener } from "../../display/terminal";
import { ResumeError } from "../../experiment/plan/record";
import {
  checkRunName,
  parseShard,
  type ResumeOptions,
  SettingsError,
} from "../../experiment/plan/settings";
import { Outages, PATIENCE } from "../../experiment/play/patience";
import type { Run } from "../../experiment/run";
import { RunHeldError } from "../../experiment/shards/claim";
import { type Lab, openLab } from "../../lab";
import { ExamplesError } from "../../learn/examples-error";
import { SILENT_SECONDS } from "../../queries/runs/beats";
import { shardText } from "../../queries/runs/shard";
import { UsageError } from "../command";

const list = (text: string) => text.split(",").map((item) => item.trim());

/** The parameters of notebooks/babyai.ipynb, as its cells read them. */
const READERS: Record<string, (text: string) => Partial<ResumeOptions>> = {
  variants: (text) => ({ variants: list(text) }),
  tasks: (text) => ({ tasks: list(text) }),
  worlds: (text) => ({ worlds: publishedWorlds(text) }),
  name: (text) => ({ name: text }),
  note: (text) => ({ note: text }),
  episodes: (text) => ({ episodes: Number(text) }),
  seed: (text) => ({ seed: Number(text) }),
  historyLength: (text) => ({ historyLength: Number(text) }),
  concurrency: (text) => ({ concurrency: Number(text) }),
  inferenceSeconds: (text) => ({ inferenceSeconds: Number(text) }),
  episodeSeconds: (text) => ({ episodeSeconds: Number(text) }),
  budgetUsd: (text) => ({
    budgetUsd: text === "auto" ? "auto" : text === "0" ? undefined : Number(text),
  }),
  maxCallsPerMinute: (text) => ({ maxCallsPerMinute: text === "0" ? undefined : Number(text) }),
};

/** @throws UsageError a parameter that a shard has not */
function readParameters(parameters: Readonly<Record<string, string>>): Partial<ResumeOptions> {
  const options: Partial<ResumeOptions> = { budgetUsd: "auto" };
  for (const [name, text] of Object.entries(parameters)) {
    const read = READERS[name];
    if (read === undefined)
      throw new UsageError(
        `A shard has no parameter ${name}.${didYouMean(name, Object.keys(READERS))} Valid are ${Object.keys(READERS).join(", ")}.`,
      );
    Object.assign(options, read(text));
  }
  if (parameters.variants === "auto")
    throw new UsageError(
      "-p variants=auto depends on the machine: name the variants of a run that many play.",
    );
  return options;
}

/** As EX_CONFIG of sysexits.h: somebody must change a setting, a key or a budget first. */
export const NEEDS_CHANGE = 78;

/** ClickHouse's code of a wrong password. */
const AUTHENTICATION_FAILED = "516";

/** Errors of what was asked for. */
const MISTAKEN = [
  ...[UsageError, SettingsError, ResumeError, ConfigError],
  ...[EnvError, PublishedEntryError, ExamplesError],
];

/** Whether a shard that is started again would meet the same error, however often. */
export function needsChange(error: unknown): boolean {
  if (error instanceof GatewayNotFoundError) return !error.isAway;
  if (error instanceof StoreOpenError) {
    const { code, cause } = error;
    const isRefused = cause instanceof ClickHouseError && cause.code === AUTHENTICATION_FAILED;
    return code === "invalid_url" || isRefused;
  }
  return MISTAKEN.some((of) => error instanceof of);
}

/** What a worker that has not been terminated ends with. */
export function exitCodeOf({ completed, planned, stopped, needsKey }: Run): number {
  if (completed === planned) return 0;
  // What is left of a budget may pay for some more inferences, but as far as is known for no whole episode.
  return stopped === "budget" || needsKey ? NEEDS_CHANGE : 1;
}

/** A shard's place is looked at so often, until its last player has been silent for long enough. */
const AGAIN_MS = 3000;

/**
 * Plays a shard of a run in this process, without a notebook: what it lacks, however often it is started. What the run shows,
 * `npm start -- --resume` draws.
 *
 * @returns 0: all of the shard is played; 143: it was terminated; {@link NEEDS_CHANGE}: the budget does not
 *   pay for another episode, or a model's key is wrong; else 1
 */
export async function playShard(
  { run, shard }: { run: string; shard: string },
  parameters: Readonly<Record<string, string>>,
  project: string,
): Promise<number> {
  parseShard(shard);
  const options: ResumeOptions = { ...readParameters(parameters), run: checkRunName(run), shard };
  const terminated = new AbortController();
  const terminate = () => terminated.abort();
  process.once("SIGTERM", terminate);
  const { signal } = terminated;
  const terminal = new TerminalListener({ headings: false });
  const log = (line: string) => terminal.note(line);
  let lab: Lab | undefined;
  try {
    lab = await whenThere(() => openLab({ project, looksForLosses: false, log }), { log, signal });
    const { evaluate } = lab;
    const played = await whenFree({ terminal, shard, signal }, () =>
      evaluate({
        ...{ ...options, signal },
        onProgress: (progress) => terminal.display({ [progressMime]: progress }),
      }),
    );
    terminal.endBar();
    console.log(played.text);
    if (signal.aborted) return 143;
    return exitCodeOf(played);
  } catch (error) {
    if (signal.aborted && (lab === undefined || error instanceof RunHeldError)) return 143;
    throw error;
  } finally {
    process.off("SIGTERM", terminate);
    await lab?.close();
  }
}

/** Where all is started at once, a gateway or a store may come last. A run under way, too, would wait for it. */
function whenThere(
  open: () => Promise<Lab>,
  { log, signal }: { log: (line: string) => void; signal: AbortSignal },
): Promise<Lab> {
  const isAway = (error: unknown) =>
    error instanceof GatewayNotFoundError
      ? error.isAway
      : error instanceof StoreOpenError && isUnreachable(error);
  return new Outages("The gateway or ClickHouse", PATIENCE, log).endure(open, signal, isAway);
}

/** Where a shard is started again, the process before may have died just now, on a machine that tells nothing of it. */
async function whenFree(
  { terminal, shard, signal }: { terminal: TerminalListener; shard: string; signal: AbortSignal },
  play: () => ReturnType<Lab["evaluate"]>,
): ReturnType<Lab["evaluate"]> {
  const until = performance.now() + (SILENT_SECONDS + 15) * 1000;
  for (let told = false; ; told = true) {
    try {
      return await play();
    } catch (error) {
      if (!(error instanceof RunHeldError) || performance.now() > until) throw error;
      if (signal.aborted || error.holders.some((holder) => shardText(holder) !== shard))
        throw error;
      if (!told) terminal.note(`${error.message} This process waits for that.`);
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => {}); // terminated: looked at once more
    }
  }
}
