import { variantOrder } from "../analysis/order";
import { isFinished, known } from "../analysis/outcome";
import { AnalysisError } from "../analysis/statistics/errors";
import { mean } from "../analysis/statistics/statistics";
import { summarize } from "../analysis/summary";
import { costUsd, type Price, type Prices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { type ScatterPoint, scatter } from "./drawing/scatter";
import { type ChartSpec, variantColors } from "./drawing/style";
import { group, players, scope, shorten, unfinishedNote } from "./labels";
import { drawnEntries, PUBLISHED_COLOR, type Published } from "./published";

/** The model of TensorZero's example, for its cost; the fine-tuned variant ran on another, at another price. */
const EXAMPLE_MODEL = "openai::gpt-4o-mini-2024-07-18";
const FINE_TUNED = "history_and_reasoning_sft";

const NOTHING_TO_DRAW =
  "there is no variant to draw: each has episodes without an outcome, or tokens that no provider counted";

/**
 * Success against tokens: mean input and generated tokens of an episode on a logarithmic axis, with 95 % t
 * intervals, against the success rate with Wilson's. Published results that give their tokens stand in gray. A variant with
 * episodes that have no outcome is named below the title and not drawn: nothing bounds what they would have used;
 * so are episodes whose tokens are not known.
 *
 * @throws AnalysisError there is no variant left to draw
 */
export function tokensAndSuccess(rows: readonly EpisodeRow[], published?: Published): ChartSpec {
  const tokens = ({ input_tokens, output_tokens }: EpisodeRow) =>
    input_tokens === null || output_tokens === null ? null : input_tokens + output_tokens;
  const points = ownPoints(rows, tokens);
  const others = published
    ? [
        ...drawnEntries(published).flatMap((entry) =>
          entry.input_tokens_per_episode === null || entry.output_tokens_per_episode === null
            ? []
            : [
                publishedPoint(
                  entry.entry,
                  entry.input_tokens_per_episode + entry.output_tokens_per_episode,
                  entry.success_percent,
                ),
              ],
        ),
        ...published.tensorzero.variants.map((variant) =>
          publishedPoint(
            `TensorZero ${variant.variant}`,
            variant.input_tokens + variant.output_tokens,
            100 * variant.success,
          ),
        ),
      ]
    : [];
  if (points.length + others.length === 0) throw new AnalysisError(NOTHING_TO_DRAW);
  return scatter({
    title: "Success against tokens",
    subtitle: [
      scope(rows),
      "Points: means; bars: 95 % t interval of tokens, 95 % Wilson interval of success.",
      ...uncounted(rows, tokens),
      ...notes(rows, others, "TensorZero and in BALROG's leaderboard"),
    ],
    axis: "input and generated tokens in an episode (logarithmic)",
    scale: "log",
    format: ",d",
    describe: (x) => `${group(x)} tokens`,
    points: [...points, ...others],
  });
}

/**
 * Success against cost: US dollars for 1,000 episodes at the prices given, with 95 % t intervals, against
 * the success rate with Wilson's. `models` names the model of each variant. A variant whose model has no price, or that has
 * episodes without an outcome, is named below the title and not drawn.
 *
 * @throws AnalysisError there is no variant left to draw, a variant has no model, or no model has a price
 */
export function costAndSuccess(
  rows: readonly EpisodeRow[],
  models: Readonly<Record<string, string>>,
  prices: Prices,
  published?: Published,
): ChartSpec {
  const price = (variant: string) => {
    const model = models[variant];
    if (model === undefined) throw new AnalysisError(`which model plays ${variant} is not said`);
    return prices[model];
  };
  const variants = [...new Set(rows.map((row) => row.variant))];
  const unpriced = variants.filter((variant) => price(variant) === undefined);
  const priced = rows.filter((row) => !unpriced.includes(row.variant));
  const thousand = (known: Price | undefined, row: Pick<EpisodeRow, Tokens>) => {
    const { input_tokens, output_tokens, cached_input_tokens } = row;
    const usd = costUsd(known, {
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cachedInputTokens: cached_input_tokens,
    });
    return usd === null ? null : 1000 * usd;
  };
  const cost = (row: EpisodeRow) => thousand(price(row.variant), row);
  const points = priced.length === 0 ? [] : ownPoints(priced, cost, rows);
  const example = prices[EXAMPLE_MODEL];
  const others =
    published && example
      ? published.tensorzero.variants
          .filter((variant) => variant.variant !== FINE_TUNED)
          .map((variant) =>
            publishedPoint(
              `TensorZero ${variant.variant}`,
              thousand(example, { ...variant, cached_input_tokens: 0 })!,
              100 * variant.success,
            ),
          )
      : [];
  if (points.length + others.length === 0) {
    throw new AnalysisError(
      priced.length > 0
        ? NOTHING_TO_DRAW
        : `none of these models has a price: ${Object.values(models).join(", ")}`,
    );
  }
  const days = [...new Set([...variants.map(price), others.length > 0 ? example : undefined])]
    .flatMap((known) => (known ? [known.as_of] : []))
    .sort();
  return scatter({
    title: "Success against cost",
    subtitle: [
      scope(rows),
      "Points: means; bars: 95 % t interval of cost, 95 % Wilson interval of success.",
      `Prices as of ${[...new Set(days)].join(" and ")}.${
        unpriced.length > 0 ? ` No known price: ${unpriced.join(", ")}.` : ""
      }`,
      ...uncounted(priced, cost),
      ...notes(rows, others, "TensorZero"),
    ],
    axis: "cost of 1,000 episodes (US dollars)",
    scale: "linear",
    format: ",.2~f",
    describe: (x) => `${group(x, 2)} US dollars for 1,000 episodes`,
    points: [...points, ...others],
  });
}

type Tokens = "input_tokens" | "output_tokens" | "cached_input_tokens";

function ownPoints(
  rows: readonly EpisodeRow[],
  amount: (row: EpisodeRow) => number | null,
  colored = rows,
): ScatterPoint[] {
  if (!rows.some(isFinished)) {
    throw new AnalysisError("success against an amount needs a finished episode; there is none");
  }
  const colors = variantColors(colored);
  return summarize(rows).flatMap(({ variant, success }) => {
    const own = rows.filter((row) => row.variant === variant);
    const x = mean(known(own.map(amount)));
    if (x.mean === null || !own.every(isFinished)) return [];
    return [
      {
        name: shorten(variant),
        x: x.mean,
        xLow: x.low,
        xHigh: x.high,
        y: 100 * success.mean!,
        yLow: 100 * success.low!,
        yHigh: 100 * success.high!,
        color: colors[variant]!,
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
    own: false,
  };
}

function notes(rows: readonly EpisodeRow[], others: readonly ScatterPoint[], by: string): string[] {
  const played = players(rows);
  const note = unfinishedNote(rows);
  const open = variantOrder(rows.filter((row) => !isFinished(row)));
  return [
    ...(note === null ? [] : [`${note} Not drawn: ${open.join(", ")}.`]),
    ...(played === null ? [] : [played]),
    ...(others.length === 0
      ? []
      : [`Gray: as published by ${by}, on BALROG's five tasks with other seeds.`]),
  ];
}
