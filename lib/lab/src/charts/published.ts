import { variantPlayer } from "../analysis/player";
import { AnalysisError } from "../analysis/statistics/errors";
import { proportion } from "../analysis/statistics/proportion";
import { type Summary, summarize } from "../analysis/summary";
import type { EpisodeRow } from "../queries/episodes";
import { variantColor } from "./drawing/color";
import { type Heading, type IntervalRow, intervalChart } from "./drawing/intervals";
import type { ChartSpec } from "./drawing/style";
import { rangeLabel, scope, sizeLabel, unfinishedNote } from "./labels";
import { fitText } from "./text/font";

/** data/published.json: results that others published on these tasks, with their sources. */
export interface Published {
  balrog: { source: string; entries: PublishedEntry[] };
  tensorzero: { source: string; variants: PublishedVariant[] };
  reference: { source: string; agents: ReferenceAgent[] };
}

/** An entry of BALROG's leaderboard. Tokens and steps are means per episode; null: not in its summary. */
export interface PublishedEntry {
  entry: string;
  /** "LLM" reads text, as the agents here do; "VLM" sees a picture too. */
  mode: string;
  date: string;
  agent: string;
  episodes: number;
  success_percent: number;
  standard_error_percent: number;
  steps_per_episode: number | null;
  input_tokens_per_episode: number | null;
  output_tokens_per_episode: number | null;
  success_percent_by_task: Record<string, number> | null;
  /** In the room, where BALROG's setting, none, was not kept: harder worlds, not to be compared. */
  distractors?: number;
  /** The address of its files, and the day that they were read. */
  source: string;
  read: string;
}

/** A variant of TensorZero's BabyAI example; `success` is a share. */
export interface PublishedVariant {
  variant: string;
  success: number;
  success_sem: number;
  episode_return: number;
  episode_length: number;
  input_tokens: number;
  output_tokens: number;
  episodes: number;
  source: string;
  read: string;
}

/** An agent measured on the Python reference environment. */
export interface ReferenceAgent {
  agent: string;
  success: number;
  episode_length: number;
  episodes: number;
  /** The address of what was run here, and the day. */
  source: string;
  measured: string;
}

/** The leaderboard's entries that are drawn: text only, across makers, sizes and years. */
const DRAWN = [
  "naive_gemini-3.1-pro",
  "naive_gemini-3-flash",
  "naive_claude-opus-4.5",
  "naive_gpt-5-minimal",
  "naive-GPT4o",
  "naive_grok-4",
  "robust_cot_DeepSeek-R1",
  "naive_claude-haiku-4.5",
  "naive_Llama-3.3-70B-Instruct",
  "naive-GPT4o-mini",
  "naive-Llama-3.1-8B-Instruct",
  "naive-Llama-3.2-1B-Instruct",
];

export const PUBLISHED_COLOR = "#9a9a9a";

/**
 * Success of these episodes above what others published, in percent. All intervals are 95 % Clopper-Pearson; the published
 * ones follow from the published success and number of episodes. The seeds are not the same.
 *
 * @example
 * import { readFileSync } from "node:fs";
 *
 * const published = JSON.parse(readFileSync("data/published.json", "utf8"));
 * await showChart(publishedResults(rows, published));
 */
export function publishedResults(rows: readonly EpisodeRow[], published: Published): ChartSpec {
  const unfinished = unfinishedNote(rows);
  return intervalChart({
    title: "Success rate beside published results",
    subtitle: [
      "Colored: this project. Gray: as published by others on BALROG's five tasks, with other seeds.",
      "Points: success rate, tasks weighted equally; whiskers: 95 % Clopper–Pearson interval; ±: standard error as published.",
      ...(unfinished === null
        ? []
        : [`${unfinished} Pale: the range of the rate, from all others unsolved to all solved.`]),
    ],
    axis: "episodes that fulfilled the mission (%)",
    column: "success rate (episodes)",
    domain: [0, 100],
    format: "d",
    mark: "point",
    rows: [
      { heading: `This project: ${scope(rows)}` },
      ...summarize(rows).map((summary) => ownRow(summary, variantPlayer(summary.variant, rows))),
      ...publishedRows(published),
    ],
  });
}

function ownRow(summary: Summary, player: string | null): IntervalRow {
  const { variant, success } = summary;
  const rate = rangeLabel(success, (share) => (100 * share).toFixed(1), " %");
  const mean = percent(success.mean);
  const played = player === null ? "" : ` · ${fitText(player, 240, 13)}`;
  return {
    name: variant,
    mean,
    ...(mean === null ? { least: percent(success.least), most: percent(success.most) } : {}),
    low: percent(success.low),
    high: percent(success.high),
    label: `${mean === null ? rate : `${mean.toFixed(1)} %`} (n = ${sizeLabel(success.n, summary)})${played}`,
    color: variantColor(variant),
  };
}

function publishedRows(published: Published): (IntervalRow | Heading)[] {
  const { balrog, tensorzero, reference } = published;
  const drawn = drawnEntries(published);
  return [
    {
      heading:
        "Published: TensorZero's BabyAI example, January 2025, gpt-4o-mini, read off its charts",
    },
    ...tensorzero.variants.map(({ variant, success, episodes, success_sem }) =>
      publishedRow(variant, success * 100, episodes, success_sem * 100),
    ),
    {
      heading: `Published: BALROG leaderboard 2024–2026, text only, ${drawn.length} of its ${balrog.entries.length} entries`,
    },
    ...drawn.map((entry) =>
      publishedRow(
        entryName(entry),
        entry.success_percent,
        entry.episodes,
        entry.standard_error_percent,
      ),
    ),
    { heading: "Measured on the Python reference: 5 tasks × seeds 1000–1199" },
    ...reference.agents.map(({ agent, success, episodes }) =>
      publishedRow(agent, success * 100, episodes),
    ),
  ];
}

/** The leaderboard's entries that charts show, best first. */
export function drawnEntries({ balrog }: Published): PublishedEntry[] {
  return DRAWN.map((name) => {
    const entry = balrog.entries.find((other) => other.entry === name && other.mode === "LLM");
    if (!entry) throw new AnalysisError(`the published results lack BALROG's entry ${name}`);
    return entry;
  }).sort((a, b) => b.success_percent - a.success_percent);
}

/** As charts name it. */
export function entryName({ entry, distractors }: PublishedEntry): string {
  return distractors === undefined ? entry : `${entry} (${distractors} distractors)`;
}

function publishedRow(name: string, success: number, n: number, error?: number): IntervalRow {
  const successes = Math.round((success * n) / 100);
  if (Math.abs(successes - (success * n) / 100) > 0.05) {
    throw new AnalysisError(`${name}: ${success} % of ${n} episodes is no whole number`);
  }
  const { mean, low, high } = proportion(successes, n);
  return {
    name,
    mean: percent(mean),
    low: percent(low),
    high: percent(high),
    label: `${success.toFixed(1)}${error === undefined ? "" : ` ± ${error.toFixed(1)}`} % (n = ${n})`,
    color: PUBLISHED_COLOR,
  };
}

function percent(share: number | null): number | null {
  return share === null ? null : share * 100;
}
