import { readFileSync } from "node:fs";
import { join, parse, resolve } from "node:path";
import { compare, type Difference, type Pair, readTextFile } from "embedded-gateway";
import { parseResults } from "../analysis/results";
import { withExpertSteps } from "../analysis/simulator";
import { resultsTable } from "../analysis/tables/results-table";
import { allCharts } from "../charts/registry";
import { drawImages } from "../charts/save";
import { textTable } from "../display/table";
import { TerminalListener } from "../display/terminal";
import { readPrices } from "../experiment/variants/prices";
import type { EpisodeRow } from "../queries/episodes";
import { readNotebook } from "../runner/nbformat";
import { parseAssignments } from "../runner/parameters";
import { runNotebook } from "../runner/runner";

/** What the notebook leaves of a run. */
export interface Left {
  episodes: readonly EpisodeRow[];
  table: string;
  /** By file name. */
  images: ReadonlyMap<string, Uint8Array>;
}

/**
 * Plays notebooks/babyai.ipynb through TensorZero's own gateway, with the parameters of data/results/local.json.
 *
 * @param seeds of each variant and task, from the first on. Default: all.
 * @returns what that file gives, and what the run left
 * @throws Error the notebook failed; what it wrote stands above
 */
export async function playThroughPeer(
  { peer, peerStore }: Pair,
  root: string,
  seeds?: number,
): Promise<{ committed: Left; played: Left }> {
  const path = join(root, "data", "results", "local.json");
  const { provenance, episodes: all } = parseResults(readTextFile(path), path);
  const parameters = parseAssignments(provenance.command.split(" -p ").slice(1));
  if (seeds !== undefined) parameters.episodes = String(seeds);
  const end = Number(parameters.seed) + Number(parameters.episodes);
  const episodes = withExpertSteps(all.filter(({ seed }) => seed < end));

  // The kernel has this process's variables.
  Object.assign(process.env, { TENSORZERO_GATEWAY_URL: peer, CLICKHOUSE_URL: peerStore });
  const listener = new TerminalListener({ headings: false });
  const directory = join(root, "notebooks");
  const notebook = readNotebook(join(directory, "babyai.ipynb"));
  const { failure } = await runNotebook(notebook, { directory, parameters, listener });
  listener.endBar();
  const { report } = listener;
  if (failure || !report) throw new Error(`The notebook failed: ${failure?.message}`);

  const prices = readPrices(join(root, "config", "prices.toml"));
  const results = resolve(root, report.directory, "results.json");
  const files = report.charts.map((chart) => resolve(root, chart));
  return {
    committed: {
      episodes,
      table: textTable(resultsTable(episodes)),
      images: await drawImages(allCharts(episodes, { prices })),
    },
    played: {
      episodes: withExpertSteps(parseResults(readTextFile(results), results).episodes),
      table: report.table,
      images: new Map(files.map((file) => [parse(file).base, readFileSync(file)])),
    },
  };
}

/** Where two runs of the same plan differ: every value of every episode but its ids, the table's lines, the images' bytes. */
export function differencesOf(a: Left, b: Left): Difference[] {
  const differences: Difference[] = [];
  const check = (probe: string, left: unknown, right: unknown) =>
    compare(left, right, (at, x, y) => differences.push({ probe, at, a: x, b: y }));
  const byEpisode = ({ episodes }: Left) =>
    Object.fromEntries(
      episodes.map(({ run, episode_id, ...values }) => [
        `${values.variant} ${values.task} ${values.seed}`,
        values,
      ]),
    );
  check("episode", byEpisode(a), byEpisode(b));
  check("table", a.table.split("\n"), b.table.split("\n"));
  const bytes = ({ images }: Left) =>
    Object.fromEntries(
      [...images].map(([name, image]) => [name, Buffer.from(image).toString("latin1")]),
    );
  check("image", bytes(a), bytes(b));
  return differences;
}
