import { type ChartSpec, type EpisodeRow, variantColor } from "babyai-lab";

/** A chart of one's own, whole: the share of answers that were no valid action, by variant. */
export function invalidAnswerRate(rows: readonly EpisodeRow[]): ChartSpec {
  const variants = [...new Set(rows.map((row) => row.variant))];
  const values = variants.map((variant) => {
    const own = rows.filter((row) => row.variant === variant && row.success !== null);
    const total = (count: (row: EpisodeRow) => number | null) =>
      own.reduce((sum, row) => sum + (count(row) ?? 0), 0);
    const answers = total((row) => row.episode_length);
    const invalid = total((row) => row.invalid_actions);
    const percent = answers === 0 ? 0 : (100 * invalid) / answers;
    return { variant, color: variantColor(variant), percent, answers };
  });
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    description: values
      .map(({ variant, percent }) => `${variant}: ${percent.toFixed(1)} % of its answers`)
      .join("; "),
    title: "Answers that were no valid action",
    width: 480,
    data: { values },
    mark: "bar",
    encoding: {
      x: { field: "percent", type: "quantitative", title: "% of answers" },
      y: { field: "variant", type: "nominal", title: null, sort: null },
      color: { field: "color", type: "nominal", scale: null },
    },
  };
}
