import type { ClickHouseClient } from "@clickhouse/client";
import { breathe } from "../../agents/breathe";
import { playedActions } from "../../queries/played";
import type { Pattern } from "../../replay/patterns";
import {
  type Autopsy,
  autopsyOf,
  type Diagnosed,
  diagnosePlayed,
} from "../../replay/what-went-wrong";

/** What was found so far. */
export interface Found extends Autopsy {
  /** Episodes that were played again, and those that there are. */
  done: number;
  total: number;
}

interface Search {
  /** What the run was when the search began: `finished` of its overview. */
  stamp: string;
  diagnosed: Diagnosed[];
  total: number;
  /** Once all are played again: no need to count anew. */
  counted?: Autopsy;
  working: Promise<void>;
}

/** Runs whose findings are kept. */
const KEPT = 8;

/**
 * Plays the episodes of runs again and keeps what they show. An episode that was looked at is not looked at again: it does
 * not change once it has an outcome.
 */
export class PatternSearch {
  private readonly searches = new Map<string, Search>();

  constructor(private readonly clickhouse: ClickHouseClient) {}

  /** What is known after `patienceMs` at the latest. @param stamp another one, another state of the run */
  async found(run: string, stamp: string, patienceMs: number): Promise<Found> {
    const search = this.search(run, stamp);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, patienceMs);
    });
    await Promise.race([search.working, patience]).finally(() => clearTimeout(timer));
    const { diagnosed, total } = search;
    const isDone = diagnosed.length === total;
    const autopsy = search.counted ?? autopsyOf(diagnosed);
    if (isDone) search.counted = autopsy;
    return { ...autopsy, done: diagnosed.length, total };
  }

  /** The episodes that show the pattern, as far as is known. */
  episodesWith(run: string, pattern: Pattern): string[] {
    const diagnosed = this.searches.get(run)?.diagnosed ?? [];
    return diagnosed
      .filter(({ findings }) => findings?.some((finding) => finding.pattern === pattern))
      .map(({ episode_id }) => episode_id);
  }

  private search(run: string, stamp: string): Search {
    const known = this.searches.get(run);
    if (known?.stamp === stamp) return known;
    const search: Search = { stamp, diagnosed: [], total: 1, working: Promise.resolve() };
    search.working = this.work(run, search, known?.diagnosed ?? []);
    search.working.catch(() => this.searches.delete(run));
    this.searches.delete(run);
    this.searches.set(run, search);
    for (const oldest of this.searches.keys()) {
      if (this.searches.size <= KEPT) break;
      this.searches.delete(oldest);
    }
    return search;
  }

  private async work(run: string, search: Search, before: readonly Diagnosed[]): Promise<void> {
    const known = new Map(before.map((episode) => [episode.episode_id, episode]));
    const played = await playedActions(this.clickhouse, run);
    search.total = played.length;
    for (const episode of played) {
      if (this.searches.get(run) !== search) return; // another state is being looked at
      const looked = known.get(episode.episode_id);
      const isSame = looked !== undefined && looked.success !== null;
      search.diagnosed.push(isSame ? looked : diagnosePlayed(episode));
      await breathe(); // a run may go on in this process
    }
  }
}
