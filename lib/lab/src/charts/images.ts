import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { basename, join } from "node:path";
import { animateSvg, make } from "babyai";
import { readTextFile } from "embedded-gateway";
import { expertAgent } from "../agents/expert-agent";
import { play } from "../agents/play";
import { parseResults, requireFinished } from "../analysis/results";
import { withExpertSteps } from "../analysis/simulator";
import { readPrices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { variantColor } from "./drawing/color";
import { chartToSvg, type Look } from "./drawing/render";
import type { ChartSpec } from "./drawing/style";
import { type LearningPoint, learningChart } from "./learning";
import type { Published } from "./published";
import { allCharts } from "./registry";
import { drawImages } from "./save";

/** The local agents' results, floor and ceiling of all others. */
const LOCAL = "local.json";

/** What the README shows of each file, in the dark and for phones, too. */
const README: Readonly<Record<string, string>> = {
  "smollm2-135m.json":
    "success_rate published_results episode_return episode_length input_tokens generated_tokens",
  "smollm2-135m-tuned-gpu.json": "success_rate_by_task",
};
const README_LOOKS: Readonly<Record<string, Look>> = {
  dark: { theme: "dark" },
  phone: { width: 400 },
  "phone-dark": { width: 400, theme: "dark" },
};

/** Whether a file of img/ is one of the pictures of the pages, which lib/lab/src/view/view.test.ts takes and compares. */
export function isPageView(name: string): boolean {
  return /^view-(light|dark)\.png$/.test(name);
}

/**
 * Every other image of img/, by its path there: all charts of data/results/<name>.json under `<name>/`, the local agents' episodes of the
 * same worlds beside others, with the published results of data/published.json and the prices of config/prices.toml; the learning curve of data/student, if it is there; and the README's episode.
 *
 * @throws UnfinishedRunError results are of a run that was cut short
 */
export async function committedImages(root: string): Promise<Map<string, Uint8Array>> {
  const data = join(root, "data");
  const published = JSON.parse(readTextFile(join(data, "published.json"))) as Published;
  const prices = readPrices(join(root, "config", "prices.toml"));
  const images = new Map<string, Uint8Array>();
  const files = (await readdir(join(data, "results"))).filter((name) => name.endsWith(".json"));
  const read = (file: string) => {
    const path = join(data, "results", file);
    const results = parseResults(readTextFile(path), path);
    requireFinished(results, path);
    return results;
  };
  for (const file of files.sort()) {
    const { episodes: own } = read(file);
    const local = files.includes(LOCAL) && file !== LOCAL ? read(LOCAL).episodes : [];
    const episodes = withExpertSteps([...besides(own, local), ...own]);
    const charts = allCharts(episodes, { prices, published });
    for (const [name, image] of await drawImages(charts)) {
      images.set(`${basename(file, ".json")}/${name}`, image);
    }
    const inReadme = README[file]?.split(" ") ?? [];
    const shown = Object.entries(charts).filter(([name]) => inReadme.includes(name));
    await addLooks(images, basename(file, ".json"), Object.fromEntries(shown));
  }
  const curve = join(data, "student", "learning_curve.json");
  if (existsSync(curve)) {
    const charts = { learning_curve: learningCurve(curve) };
    for (const [name, image] of await drawImages(charts)) images.set(`student/${name}`, image);
    await addLooks(images, "student", charts);
  }
  images.set("episode.svg", Buffer.from(await film("BabyAI-MixedTrainLocal-v0/putnext", 1009)));
  return images;
}

/** The chart of what `npm run bench -- learn` wrote. */
function learningCurve(path: string): ChartSpec {
  const { points } = JSON.parse(readTextFile(path)) as { points: LearningPoint[] };
  const names = ["student", "nearest example", "random"];
  const [student = "", nearest = "", random = ""] = names;
  const { tasks = [] } = points[0] ?? {};
  return learningChart({
    title: "Learning from the expert's episodes",
    subtitle: [
      `Five tasks, ${tasks[0]?.episodes} held-out seeds each, tasks weighted equally; bands: 95 % intervals. The student is a small network, trained on so many demonstrated episodes and not yet corrected by the expert; nearest example: the answer of the stored example whose prompt, without history, is nearest by its words.`,
    ],
    x: "demonstrated episodes",
    isLogarithmic: true,
    colors: {
      [student]: variantColor("student"),
      [nearest]: "#e69f00",
      [random]: variantColor("random"),
    },
    points,
  });
}

/** Those of the local agents' episodes that can stand beside others: of the same worlds, and of variants that are not there yet. */
function besides(own: readonly EpisodeRow[], local: readonly EpisodeRow[]): EpisodeRow[] {
  const worldOf = ({ task, seed }: EpisodeRow) => `${task} ${seed}`;
  const worlds = new Set(own.map(worldOf));
  const variants = new Set(own.map(({ variant }) => variant));
  return local.filter((row) => worlds.has(worldOf(row)) && !variants.has(row.variant));
}

async function addLooks(
  images: Map<string, Uint8Array>,
  folder: string,
  charts: Readonly<Record<string, ChartSpec>>,
): Promise<void> {
  for (const [name, chart] of Object.entries(charts))
    for (const [suffix, look] of Object.entries(README_LOOKS))
      images.set(`${folder}/${name}-${suffix}.svg`, Buffer.from(await chartToSvg(chart, look)));
}

/** An episode of the expert's as an animated SVG. */
async function film(task: string, seed: number): Promise<string> {
  const env = make(task);
  const turns = play(env, expertAgent(env), { seed });
  const frames = [env.renderSvg()];
  for await (const _ of turns) frames.push(env.renderSvg());
  return animateSvg(frames, 0.5);
}
