import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { withExpertSteps } from "../analysis/simulator";
import { readPrices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { linear } from "./drawing/marks";
import { chartToSvg, type Look } from "./drawing/render";
import { rasterize } from "./pictures/raster";
import type { Published } from "./published";
import { allCharts } from "./registry";
import { boxesOf, overlap } from "./testing/boxes";

// Hard cases, each chart of them in several forms. GALLERY=<folder> writes the pictures there, to be looked at.
const folder = process.env.GALLERY;
if (folder) mkdirSync(folder, { recursive: true });

const root = join(__dirname, "../../../..");
const background = {
  published: JSON.parse(readFileSync(join(root, "data/published.json"), "utf8")) as Published,
  prices: readPrices(join(root, "config/prices.toml")),
};

/** Of each variant three episodes of two tasks; how well it plays depends on its place among `of`. */
const played = (
  variants: readonly string[],
  change: (row: EpisodeRow, place: number) => EpisodeRow = (row) => row,
) =>
  variants.flatMap((variant, place) =>
    ["goto", "pickup"].flatMap((task) =>
      [200, 201, 202].map((seed, i): EpisodeRow => {
        const steps = 6 + ((7 * place + 13 * i) % 70);
        const success = steps < 60;
        const length = Math.min(64, steps);
        return change(
          {
            run: "run-1",
            variant,
            task: `BabyAI-MixedTrainLocal-v0/${task}`,
            seed,
            episode_id: `${variant}-${task}-${seed}`,
            success,
            episode_return: success ? 1 - (0.9 * length) / 64 : 0,
            progression: Number(success),
            episode_length: length,
            invalid_actions: 0,
            input_tokens: length * 100 * (1 + (place % 7)),
            output_tokens: length * 10,
            cached_input_tokens: 0,
            inferences: length,
            error: null,
            step_limit: 64,
            model: "openai::gpt-4o-mini-2024-07-18",
            provider: "openai",
          },
          place,
        );
      }),
    ),
  );

const numbered = (count: number) =>
  Array.from(
    { length: count },
    (_, i) =>
      `model-${i % 8}_${["baseline", "history", "reasoning", "cot", "few_shot"][i % 5]}_${i}`,
  );

const cases: Record<string, EpisodeRow[]> = {
  one: played(["rule_based_history"]),
  ten: played(numbered(10)),
  forty: played(numbered(40)),
  "long names": played([
    "an-organization/a-model-with-a-very-long-name-70B-Instruct-2026-01-01-preview_history_and_reasoning",
    "an-organization/a-model-with-a-very-long-name-70B-Instruct-2026-01-01-preview_baseline",
    "W".repeat(200),
  ]),
  scripts: played([
    "модель_история",
    "モデル_履歴",
    "模型_基线",
    "نموذج عربي_baseline",
    "🤖🚀_emoji",
    "μοντέλο",
    "señal_naïve",
    "मॉडल",
    "e\u0301te\u0301",
  ]),
  zeros: played(["random", "baseline"], (row) => ({
    ...row,
    ...{ success: false, episode_return: 0, episode_length: 64, input_tokens: 0, output_tokens: 0 },
  })),
  nulls: played(["random", "baseline"], (row) => ({
    ...row,
    input_tokens: null,
    output_tokens: null,
    model: null,
    provider: null,
  })),
  failures: played(["random", "history", "baseline"], (row, place) =>
    row.seed === 202 && place < 2
      ? {
          ...row,
          ...{
            success: null,
            episode_return: null,
            progression: null,
            episode_length: null,
            error: place === 0 ? "429" : null,
          },
        }
      : row,
  ),
};

const looks: Look[] = [
  { width: 400 },
  { width: 860 },
  { width: 1300, theme: "dark" },
  { width: 320, theme: "dark" },
];

/** Cases that are tried in the dark, too; all of them for pictures. */
const DARK = ["ten", "long names", "failures"];

function contrast(a: string, b: string): number {
  const [dark = 0, light = 0] = [a, b]
    .map((color) =>
      linear(color).reduce((sum, part, i) => sum + part * ([0.2126, 0.7152, 0.0722][i] ?? 0), 0.05),
    )
    .sort((x, y) => x - y);
  return light / dark;
}

test.each(Object.keys(cases))(
  "%s: texts keep apart from each other and from points, within the picture, and can be read",
  async (name) => {
    // Of forty there are 780 pairs.
    const charts = Object.entries(allCharts(withExpertSteps(cases[name] ?? []), background)).filter(
      // The others are drawn alike, and of forty there are 780 pairs.
      ([chart]) =>
        /^(success|episode_return$|published|steps)/.test(chart) &&
        (name !== "forty" || !/differences|by_task/.test(chart)),
    );
    expect(charts.length).toBeGreaterThan(6);
    const problems: string[] = [];
    for (const [chart, spec] of charts) {
      for (const look of folder || DARK.includes(name) ? looks : looks.slice(0, 2)) {
        const svg = await chartToSvg(spec, look);
        const id = `${name} ${chart} ${look.width} ${look.theme ?? "light"}`;
        if (folder)
          writeFileSync(join(folder, `${id.replaceAll(" ", "-")}.png`), await rasterize(svg));
        const { texts, symbols, width, height } = boxesOf(svg);
        expect(svg).not.toMatch(/NaN|undefined|Infinity/);
        if (width > (look.width ?? 0) + 1) problems.push(`${id}: ${width} pixels wide`);
        expect(texts.length).toBeGreaterThan(5);
        texts.forEach((box, i) => {
          const others = [...texts.slice(i + 1), ...symbols];
          for (const other of others) {
            if (overlap(box, other) > 1)
              problems.push(`${id}: "${box.what}" meets "${other.what}"`);
          }
          if (box.left < -1 || box.top < -1 || box.right > width + 1 || box.bottom > height + 1)
            problems.push(`${id}: "${box.what}" is outside`);
        });
        const ground = look.theme === "dark" ? "#0d1117" : "#ffffff";
        for (const { fill } of texts) expect(contrast(fill, ground)).toBeGreaterThan(4.5);
        for (const { fill } of symbols)
          if (fill.startsWith("#"))
            expect([fill, contrast(fill, ground) > 2]).toEqual([fill, true]);
      }
    }
    expect(problems).toEqual([]);
  },
);
