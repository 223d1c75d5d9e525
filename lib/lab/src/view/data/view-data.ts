import type { ClickHouseClient } from "@clickhouse/client";
import { withExpertSteps } from "../../analysis/simulator";
import { Memo } from "../../basics/memo";
import { chartNamed } from "../../charts/registry";
import { readRecord } from "../../experiment/plan/record";
import { plannedEpisodes } from "../../experiment/planned";
import { costOfRun } from "../../experiment/run-cost";
import { costText, type Prices } from "../../experiment/variants/prices";
import { type Annotation, type AnnotationRow, annotations } from "../../queries/annotations";
import type { EpisodeRow } from "../../queries/episodes";
import { type ListedEpisode, listEpisodes } from "../../queries/overview/list-episodes";
import { startedRuns } from "../../queries/overview/started-runs";
import { modelUsage } from "../../queries/runs/model-usage";
import { runStates } from "../../queries/runs/run-state";
import { loadReplay, type Replay } from "../../replay/replay";
import { compareAddress, type ListView, listAddress, type Side } from "./address";
import { type Compared, comparedOf, renamed } from "./compared";
import { linkedChart } from "./linked-chart";
import { overviews, type RunOverview } from "./overview";
import { type Found, PatternSearch } from "./patterns";

/** What the pages show, and where notes go. */
export interface ViewSource {
  clickhouse: ClickHouseClient;
  prices: Prices;
  /** Which gateway and store this is, now. */
  about(): string;
  annotate(episode: string, annotation: Annotation): Promise<void>;
}

/** Episodes on one page of a list. */
export const PER_PAGE = 50;

export interface ListedPage {
  episodes: readonly ListedEpisode[];
  total: number;
  /** Of a list by pattern, whose episodes are still being played again: how many are. */
  pending: { done: number; total: number } | null;
}

/** An episode as its page shows it. */
export interface Shown {
  episode_id: string;
  /** What people call its run. */
  runName: string | null;
  replay: Replay;
  annotations: readonly AnnotationRow[];
  /** All variants' episodes of the run on the same world, this one's among them. */
  sameWorld: readonly ListedEpisode[];
}

/** An address names what the store does not have. */
export class NotThereError extends Error {
  override readonly name = "NotThereError";
}

/** How long the store is not asked again for runs, in milliseconds: a page asks for a run many times; a finished one seldom changes. */
const FRESH_MS = 1000;
const FINISHED_MS = 30_000;

/** How long a page waits for the list of runs, and for patterns, before it shows what there is, in milliseconds. */
const PATIENCE_MS = 250;

/** Pixels of a chart on a phone's page. */
const NARROW = 360;

/** What the pages are made of, read from the store and kept for a while. */
export class ViewData {
  private readonly overviews = new Memo<RunOverview[]>(20, FRESH_MS);
  private readonly finished = new Memo<RunOverview>(20, FINISHED_MS);
  /** Whole rows of a run, by its state. */
  private readonly rows = new Memo<EpisodeRow[]>(4);
  private readonly charts = new Memo<string | null>(100);
  private readonly costs = new Memo<string>(500);
  private readonly search: PatternSearch;

  constructor(private readonly source: ViewSource) {
    this.search = new PatternSearch(source.clickhouse);
  }

  /** The newest first; as they were when they were last read where the store takes its time. */
  async runs(): Promise<{ runs: RunOverview[]; isOld: boolean }> {
    const read = () => overviews(this.source.clickhouse);
    const { value, isOld } = await this.overviews.soon("", read, PATIENCE_MS);
    return { runs: value, isOld };
  }

  /** @throws NotThereError */
  async run(run: string): Promise<RunOverview> {
    return this.finished.get(run, async () => {
      const [found] = await this.overviews.get(`run ${run}`, () =>
        overviews(this.source.clickhouse, run),
      );
      if (found === undefined)
        throw new NotThereError(
          `The store has no run ${JSON.stringify(run)}. The list of runs has those that it has.`,
        );
      if (found.state !== "finished") this.finished.forget(run);
      return found;
    });
  }

  async list(view: ListView): Promise<ListedPage> {
    const { pattern, page = 1, sort = "task", descending = false, ...filter } = view;
    const found = pattern === undefined ? null : await this.patterns(view.run);
    const list = await listEpisodes(this.source.clickhouse, {
      ...{ ...filter, sort, descending, limit: PER_PAGE, offset: (page - 1) * PER_PAGE },
      ...(pattern === undefined ? {} : { among: this.search.episodesWith(view.run, pattern) }),
    });
    const pending = found !== null && found.done < found.total ? found : null;
    return { ...list, pending };
  }

  async patterns(run: string): Promise<Found> {
    return this.search.found(run, stampOf(await this.run(run)), PATIENCE_MS);
  }

  async cost(run: string): Promise<string> {
    const overview = await this.run(run);
    return this.costs.get(`${run} ${stampOf(overview)} ${overview.latestMs}`, async () => {
      const { clickhouse, prices } = this.source;
      const price = (model: string) => (Object.hasOwn(prices, model) ? prices[model] : undefined);
      const [state] = await runStates(clickhouse, run);
      const usage = await modelUsage(clickhouse, run);
      const cost = await costOfRun(usage, { clickhouse, price }, state?.open_tries ?? 0);
      return cost === null ? "cost not known" : costText(cost);
    });
  }

  async episode(id: string): Promise<Shown> {
    const { clickhouse } = this.source;
    const replay = await loadReplay(clickhouse, id);
    const { run, task, seed } = replay.episode;
    const order = { sort: "variant", descending: false, offset: 0, limit: 50 } as const;
    const [notes, [started], { episodes: sameWorld }] = await Promise.all([
      annotations(clickhouse, id),
      startedRuns(clickhouse, run),
      listEpisodes(clickhouse, { run, task, seed, ...order }),
    ]);
    const runName = started === undefined ? null : readRecord(started.settings, run).label.name;
    return { episode_id: id, runName, replay, annotations: notes, sameWorld };
  }

  /** The rows of the sides, with names that set variants of several runs apart. */
  async compared(sides: readonly Side[]): Promise<{ rows: EpisodeRow[]; compared: Compared[] }> {
    const runs = [...new Set(sides.map(({ run }) => run))];
    const rows = (await Promise.all(runs.map((run) => this.rowsOf(run)))).flat();
    const named = await Promise.all(runs.map((run) => this.run(run)));
    const nameOf = (run: string) => named.find((each) => each.run === run)?.name ?? null;
    const compared = comparedOf(sides, rows, nameOf);
    return { rows: renamed(rows, compared), compared };
  }

  /** A chart with links, as SVG, also in the form for a phone; null where the rows have nothing to show in it. */
  async chart(
    sides: readonly Side[],
    name: string,
    known: readonly string[],
    isNarrow: boolean,
  ): Promise<string | null> {
    if (!known.includes(name))
      throw new NotThereError(`There is no chart ${JSON.stringify(name)} here.`);
    const runs = await Promise.all(sides.map(({ run }) => this.run(run)));
    const key = [compareAddress(sides), name, isNarrow, ...runs.map(stampOf)].join(" ");
    return this.charts.get(key, async () => {
      const { rows, compared } = await this.compared(sides);
      if (rows.length === 0) return null;
      const own = name === "steps_above_expert" ? withExpertSteps(rows) : rows;
      const spec = chartNamed(name, own, { prices: this.source.prices });
      if (spec === undefined) return null;
      const look = isNarrow ? { width: NARROW } : {};
      return linkedChart(spec, (row) => addressOf(row, compared), look);
    });
  }

  private async rowsOf(run: string): Promise<EpisodeRow[]> {
    const stamp = stampOf(await this.run(run));
    return this.rows.get(`${run} ${stamp}`, () => plannedEpisodes(this.source.clickhouse, run));
  }
}

/** Changes when an episode of the run ends. */
function stampOf({ finished, failed }: RunOverview): string {
  return `${finished}/${failed}`;
}

/** Where a row of a chart's data leads: to the episodes of its variant and task, or to the comparison of its two variants. */
function addressOf(
  row: Readonly<Record<string, unknown>>,
  compared: readonly Compared[],
): string | undefined {
  const sideOf = (name: unknown) => compared.find((each) => each.name === name);
  const episodes = row.episodes as { variants: string[]; task: string | null } | undefined;
  const sides = (episodes?.variants ?? [row.curve ?? row.name]).map(sideOf);
  const [side, other] = sides;
  if (side === undefined) return undefined;
  if (other !== undefined)
    return compareAddress([side, other].map(({ run, variant }) => ({ run, variant })));
  const { run, variant } = side;
  return listAddress({ run, variant, task: episodes?.task ?? undefined });
}
