import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ClickHouseClient } from "@clickhouse/client";
import { isAlive } from "embedded-gateway";
import {
  type Beat,
  insertBeat,
  type LastBeat,
  lastBeats,
  SILENT_SECONDS,
  spentElsewhere,
} from "../../queries/runs/beats";
import { areApart, type Shard, shardText } from "../../queries/runs/shard";
import type { Progress } from "../progress/progress";
import { type Cost, NOTHING, sumOf } from "../variants/prices";
import { machine } from "./machine";

/** How often a process says that it plays: several signs of life may be lost before it counts as dead. */
const BEAT_MS = 12_000;

/** Between two looks whether the first process has written the settings. */
const LOOK_MS = 200;

/** So long rows of a player that has just died may be on their way to the store: a gateway's batch of a second, and its insert. */
const ON_THEIR_WAY_MS = 3000;

/** The most by which shards together may pass their run's budget, beside the inferences under way: a part of it. */
export const BUDGET_SLACK = 0.1;

/** Of those who hold a run, so many are named. */
const NAMED = 3;

/** Who plays a run, or a shard of it. */
export interface Holder extends Shard {
  pid: number;
  host: string;
  /** Since its last answer, or since it began. */
  secondsAgo: number;
}

/**
 * The run, or the part of it that was asked for, is being played by another process.
 *
 * @example
 * const explain = (error: unknown) => {
 *   if (error instanceof RunHeldError) return `Wait for process ${error.holders[0]?.pid}.`;
 *   throw error;
 * };
 */
export class RunHeldError extends Error {
  override readonly name = "RunHeldError";
  constructor(
    readonly run: string,
    /** One or more, the longest there first. */
    readonly holders: readonly Holder[],
  ) {
    const named = holders.slice(0, NAMED).map(describeHolder).join("; ");
    const more = holders.length > NAMED ? `; and ${holders.length - NAMED} more` : "";
    super(
      `Run ${run} is being played ${named}${more}. A second time, its episodes would only cost twice. End that process or wait: ` +
        `the run is free when it ends, or ${SILENT_SECONDS} s after its last sign of life if its machine is gone.`,
    );
  }
}

/** As "by process 123 on host-1, last answer 2 s ago". */
export function describeHolder({ pid, host, secondsAgo, ...shard }: Holder): string {
  const part = shard.of === 1 ? "" : `, shard ${shardText(shard)},`;
  return `by process ${pid} on ${host}${part}${part ? "" : ","} last answer ${Math.round(secondsAgo)} s ago`;
}

export function holderOf({
  pid,
  host,
  index,
  of,
  secondsAgo,
  answeredSecondsAgo,
}: LastBeat): Holder {
  return { pid, host, index, of, secondsAgo: secondsAgo + (answeredSecondsAgo ?? 0) };
}

/** The claims of this process: a beat with its id and another claim is of a process before it. */
const held = new Set<string>();

/** Whether who beat last still lives, as far as can be told: of a process of this machine that is known at once. */
export function isLiving({ ended, secondsAgo, claim, pid, ...beat }: LastBeat): boolean {
  if (ended || secondsAgo > SILENT_SECONDS) return false;
  if (beat.machine !== machine) return true;
  return pid === process.pid ? held.has(claim) : isAlive(pid);
}

/** A claim on a run, or a shard of it. */
export interface Claimed extends Shard {
  run: string;
}

/**
 * Says that this process plays a run, or a shard of it, until it lets go or falls silent. A lease by convention: who was
 * stopped for a minute and goes on plays beside the one that took over, until it says so the next time: then it has `lost`.
 */
export class Claim {
  /** What other sittings of the run have spent by their last beats, in US dollars; null when that is not known. 0 until `watchSpending`. */
  spentElsewhere: number | null = 0;
  private readonly losing = new AbortController();
  private readonly doing = {
    ...{ done: 0, planned: 0 },
    spentUsd: 0 as number | null,
    spentIsEstimated: false,
  };
  /** What this sitting had spent when it last began anew. */
  private spentBefore: Cost | null = NOTHING;
  private answers = 0;
  private answeredAt: number | undefined;
  /** Of what this sitting has spent, so much may be unknown to others. */
  private untoldUsd = Number.POSITIVE_INFINITY;
  private toldUsd = 0;
  private telling: Promise<void> | undefined;
  private followsDead = false;
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> = Promise.resolve();

  private constructor(
    private readonly clickhouse: ClickHouseClient,
    private readonly who: Pick<Beat, "run" | "claim" | "pid" | "host" | "machine" | "index" | "of">,
  ) {}

  /** Aborted, with a RunHeldError, when another process has taken over. */
  get lost(): AbortSignal {
    return this.losing.signal;
  }

  /** @throws RunHeldError a living process plays it, or some of it */
  static async take(clickhouse: ClickHouseClient, { run, index, of }: Claimed): Promise<Claim> {
    const id = randomUUID();
    const me = { pid: process.pid, host: hostname(), machine };
    const claim = new Claim(clickhouse, { run, claim: id, ...me, index, of });
    await claim.refuseHeld(() => true);
    held.add(id);
    try {
      await claim.send(false);
      // Two that came at once see each other now: the first one stays.
      await claim.refuseHeld(comesFirst);
    } catch (error) {
      await claim.end();
      throw error;
    }
    claim.timer = setInterval(() => claim.beatNext(), BEAT_MS).unref();
    return claim;
  }

  /**
   * Of the shards' processes the first one writes the run's settings. @returns when the settings are there, or are this
   * process's to write, and so are the rows of a player before that has died
   */
  async untilBegun(isBegun: () => Promise<boolean>): Promise<void> {
    if (this.followsDead) await sleep(ON_THEIR_WAY_MS);
    while (!(await isBegun())) {
      const [first] = (await lastBeats(this.clickhouse, this.who.run))
        .filter(isLiving)
        .sort((a, b) => (comesFirst(a, b) ? -1 : 1));
      if (first === undefined || first.claim === this.who.claim) return;
      await sleep(LOOK_MS);
    }
  }

  /** Follows what others spend on the run: together they stay below its budget but for `BUDGET_SLACK`. */
  async watchSpending(budgetUsd: number): Promise<void> {
    this.untoldUsd = (BUDGET_SLACK * budgetUsd) / this.who.of;
    await this.readSpending();
  }

  follow({ answers, before, total, done, failed }: Progress): void {
    if (answers > this.answers) this.answeredAt = performance.now();
    this.answers = answers;
    Object.assign(this.doing, { done: before + done - failed, planned: before + total });
  }

  /** What this sitting has spent; null when that is not known. */
  get spent(): Cost | null {
    const { spentUsd: usd, spentIsEstimated: isEstimated } = this.doing;
    return usd === null ? null : { usd, isEstimated };
  }

  /** Begins anew with the same claim, to play again what has lost rows: what was spent stays spent. */
  beginAnew(): void {
    this.spentBefore = this.spent;
  }

  /**
   * @param own what this sitting has spent since it began, or began anew; null when that is not known
   * @returns where others must know it: when they do, and what they have spent is known; or the store is away
   */
  spend(own: Cost | null): Promise<void> | undefined {
    const spent = sumOf(this.spentBefore, own);
    this.doing.spentUsd = spent?.usd ?? null;
    this.doing.spentIsEstimated = spent?.isEstimated ?? false;
    if (spent !== null && spent.usd - this.toldUsd >= this.untoldUsd) {
      this.toldUsd = spent.usd;
      const telling = this.beatNext().then(() => {
        if (this.telling === telling) this.telling = undefined;
      });
      this.telling = telling;
    }
    return this.telling;
  }

  /** Lets go. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.sending;
    await this.send(true).catch(() => {}); // then silence says it
    held.delete(this.who.claim);
  }

  private beatNext(): Promise<void> {
    // A store that is away is the run's own trouble.
    this.sending = this.sending.then(() => this.beat()).catch(() => {});
    return this.sending;
  }

  private async beat(): Promise<void> {
    this.toldUsd = this.doing.spentUsd ?? 0;
    await this.send(false);
    await this.refuseHeld(comesFirst).catch((error) => {
      if (error instanceof RunHeldError) this.losing.abort(error);
      throw error;
    });
    if (this.untoldUsd < Number.POSITIVE_INFINITY) await this.readSpending();
  }

  private async readSpending(): Promise<void> {
    this.spentElsewhere = await spentElsewhere(this.clickhouse, this.who);
  }

  private send(ended: boolean): Promise<void> {
    const { who, doing, answeredAt } = this;
    const answeredSecondsAgo =
      answeredAt === undefined ? null : (performance.now() - answeredAt) / 1000;
    return insertBeat(this.clickhouse, { ...who, ...doing, answeredSecondsAgo, ended });
  }

  private async refuseHeld(isBefore: (other: LastBeat, own: LastBeat) => boolean): Promise<void> {
    const beats = await lastBeats(this.clickhouse, this.who.run);
    const own = beats.find(({ claim }) => claim === this.who.claim);
    const same = beats.filter((beat) => beat !== own && !areApart(beat, this.who));
    const others = same.filter(isLiving);
    this.followsDead ||= same.some((beat) => !beat.ended && !isLiving(beat));
    const before = own === undefined ? others : others.filter((other) => isBefore(other, own));
    if (before.length > 0) throw new RunHeldError(this.who.run, before.map(holderOf));
  }
}

function comesFirst(one: LastBeat, other: LastBeat): boolean {
  return one.firstMs === other.firstMs ? one.claim < other.claim : one.firstMs < other.firstMs;
}
