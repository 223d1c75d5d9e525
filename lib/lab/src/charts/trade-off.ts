import { boundedMean } from "../analysis/bounds";
import { byTask, variantOrder } from "../analysis/order";
import { isFinished, known } from "../analysis/outcome";
import { players } from "../analysis/player";
import { summarize } from "../analysis/summary";
import { costUsd, type Price, type Prices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { NothingToDrawError } from "./drawing/errors";
import { variantMarks } from "./drawing/marks";
import { type ScatterPoint, scatter } from "./drawing/scatter";
import { type ChartSpec, INK } from "./drawing/style";
import { group, scope, unevenNote, unfinishedNote } from "./labels";
import { drawnEntries, entryName, PUBLISHED_COLOR, type Published } from "./published";

/** The model of TensorZero's example, for its cost; the fine-tuned variant ran on another, at another price. */
const EXAMPLE_MODEL = "openai::gpt-4o-mini-2024-07-18";
const FINE_TUNED = "history_and_reasoning_sft";

const NOTHING_TO_DRAW =
  "there is no variant to draw: each has episodes without an outcome, no tokens, or tokens that no provider counted";

/**
 * Success against tokens: mean input and generated tokens of an episode on a logarithmic axis, with 95 % t
 * intervals, against the success rate with Clopper-Pearson's, tasks weighted equally. Published results that give their tokens stand in gray. A variant with
 * episodes that have no outcome is named below the title and not drawn: nothing bounds what they would have used;
 * so are episodes whose tokens are not known.
 *
 * @example
 * await showChart(tokensAndSuccess(rows));
 * @throws NothingToDrawError there is no variant left to draw
 */
export function tokensAndSuccess(rows: readonly EpisodeRow[], published?: Published): ChartSpec {
  const others = published ? publishedTokens(published) : [];
  const own = ownPoints(rows, tokensOf);
  const without = own.filter(({ x }) => x === 0).map(({ name }) => name);
  const points = [...own.filter(({ x }) => x > 0), ...others];
  if (points.length === 0) throw new NothingToDrawError(NOTHING_TO_DRAW);
  return scatter({
    title: "Success against tokens",
    subtitle: [
      scope(rows),
      "Points: means, tasks weighted equally; bars: 95 % t interval of tokens, Clopper–Pearson interval of success.",
      ...uncounted(rows, tokensOf),
      ...(without.length === 0 ? [] : [`Not drawn, because it used none: ${without.join(", ")}.`]),
      ...notes(rows, others, "TensorZero and in BALROG's leaderboard"),
    ],
    axis: "input and generated tokens in an episode (logarithmic)",
    scale: "log",
    format: ",d",
    describe: (x) => `${group(x)} tokens`,
    points,
  });
}

function tokensOf({ input_tokens, output_tokens }: Pick<EpisodeRow, Tokens>): number | null {
  return input_tokens === null || output_tokens === null ? null : input_tokens + output_tokens;
}

function publishedTokens(published: Published): ScatterPoint[] {
  return [
    ...drawnEntries(published).flatMap((entry) => {
      const { input_tokens_per_episode: input, output_tokens_per_episode: output } = entry;
      if (input === null || output === null) return [];
      return [publishedPoint(entryName(entry), input + output, entry.success_percent)];
    }),
    ...published.tensorzero.variants.map(({ variant, input_tokens, output_tokens, success }) =>
      publishedPoint(`TensorZero ${variant}`, input_tokens + output_tokens, 100 * success),
    ),
  ];
}

/**
 * Success against cost: US dollars for 1,000 episodes at the prices given, with 95 % t intervals, against
 * the success rate with Clopper-Pearson's, tasks weighted equally. A variant whose models have no price, or that has
 * episodes without an outcome, is named below the title and not drawn.
 *
 * @example
 * const spec = costAndSuccess(rows, readPrices("config/prices.toml"));
 * @throws NothingToDrawError there is no variant left to draw, or no model has a price
 */
export function costAndSuccess(
  rows: readonly EpisodeRow[],
  prices: Prices,
  published?: Published,
): ChartSpec {
  const price = ({ model }: EpisodeRow) => prices[model ?? ""];
  const known = rows.filter((row) => price(row) !== undefined);
  const unpriced = variantOrder(rows).filter(
    (variant) => !known.some((row) => row.variant === variant),
  );
  const priced = rows.filter((row) => !unpriced.includes(row.variant));
  const cost = (row: EpisodeRow) => costOfThousand(price(row), row);
  const example = prices[EXAMPLE_MODEL];
  const others = published && example ? publishedCosts(published, example) : [];
  const points = [...(priced.length === 0 ? [] : ownPoints(priced, cost)), ...others];
  if (points.length === 0) {
    const none = `none of these models has a price: ${players(rows) ?? "no row names one"}`;
    throw new NothingToDrawError(priced.length > 0 ? NOTHING_TO_DRAW : none);
  }
  return scatter({
    title: "Success against cost",
    subtitle: [
      scope(rows),
      "Points: means, tasks weighted equally; bars: 95 % t interval of cost, Clopper–Pearson interval of success.",
      pricesNote([...known.map(price), others.length > 0 ? example : undefined], unpriced),
      ...uncounted(priced, cost),
      ...notes(rows, others, "TensorZero"),
    ],
    axis: "cost of 1,000 episodes (US dollars)",
    scale: "linear",
    format: ",.2~f",
    describe: (x) => `${group(x, 2)} US dollars for 1,000 episodes`,
    points,
  });
}

type Tokens = "input_tokens" | "output_tokens";

function costOfThousand(
  price: Price | undefined,
  row: Pick<EpisodeRow, Tokens | "cached_input_tokens">,
): number | null {
  const usd = costUsd(price, {
    inputTokens: row.input_tokens,
    outputTokens: row.output_tokens,
    cachedInputTokens: row.cached_input_tokens,
  });
  return usd === null ? null : 1000 * usd;
}

function publishedCosts({ tensorzero }: Published, price: Price): ScatterPoint[] {
  return tensorzero.variants
    .filter(({ variant }) => variant !== FINE_TUNED)
    .map((variant) =>
      publishedPoint(
        `TensorZero ${variant.variant}`,
        costOfThousand(price, { ...variant, cached_input_tokens: 0 }) ?? 0,
        100 * variant.success,
      ),
    );
}

/** Of which days the prices are; what costs nothing has none. */
function pricesNote(prices: readonly (Price | undefined)[], unpriced: readonly string[]): string {
  const days = prices.map((price) => price?.as_of).filter((day) => day !== undefined && day !== "");
  const known = [...new Set(days)].sort().join(" and ");
  return [
    known === "" ? "Nothing here costs anything." : `Prices as of ${known}.`,
    ...(unpriced.length > 0 ? [`No known price: ${unpriced.join(", ")}.`] : []),
  ].join(" ");
}

function ownPoints(
  rows: readonly EpisodeRow[],
  amount: (row: EpisodeRow) => number | null,
): ScatterPoint[] {
  const marks = variantMarks(variantOrder(rows));
  return summarize(rows).flatMap(({ variant, success }) => {
    const own = rows.filter((row) => row.variant === variant);
    const amounts = byTask(own).map((task) => known(task.map(amount)));
    const x = boundedMean(
      amounts.map((values) => values.map((value) => ({ least: value, most: value }))),
      { possible: { least: 0, most: null } },
    );
    if (x.mean === null || success.mean === null) return [];
    const percent = (share: number | null) => (share === null ? null : 100 * share);
    return [
      {
        name: variant,
        ...{ x: x.mean, xLow: x.low, xHigh: x.high },
        ...{ y: 100 * success.mean, yLow: percent(success.low), yHigh: percent(success.high) },
        color: marks.get(variant)?.color ?? INK,
        shape: marks.get(variant)?.shape ?? "circle",
        own: true,
      },
    ];
  });
}

/** Finished episodes that are in no point, because their amount is not known. */
function uncounted(
  rows: readonly EpisodeRow[],
  amount: (row: EpisodeRow) => number | null,
): string[] {
  const finished = rows.filter(isFinished);
  const lacking = variantOrder(finished).flatMap((variant) => {
    const own = finished.filter((row) => row.variant === variant);
    const without = own.filter((row) => amount(row) === null).length;
    return without === 0 ? [] : [`${without} of ${own.length} episodes of ${variant}`];
  });
  return lacking.length === 0
    ? []
    : [`Left out, because not all of their tokens were counted: ${lacking.join(", ")}.`];
}

function publishedPoint(name: string, x: number, y: number): ScatterPoint {
  const none = { xLow: null, xHigh: null, yLow: null, yHigh: null };
  return {
    name: name.replace(/^naive[-_]/, ""),
    x,
    y,
    ...none,
    color: PUBLISHED_COLOR,
    shape: "circle",
    own: false,
  };
}

function notes(rows: readonly EpisodeRow[], others: readonly ScatterPoint[], by: string): string[] {
  const played = players(rows);
  const note = unfinishedNote(rows);
  const uneven = unevenNote(rows);
  const open = variantOrder(rows.filter((row) => !isFinished(row)));
  return [
    ...(note === null ? [] : [`${note} Not drawn: ${open.join(", ")}.`]),
    ...(uneven === null ? [] : [uneven]),
    ...(played === null ? [] : [played]),
    ...(others.length === 0
      ? []
      : [`Gray: as published by ${by}, on BALROG's five tasks with other seeds.`]),
  ];
}
