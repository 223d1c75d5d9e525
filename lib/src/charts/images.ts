import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseResults } from "../analysis/results";
import { readPrices } from "../experiment/prices";
import type { Published } from "./published";
import { allCharts, drawImages } from "./save";

/**
 * Every image of img/ that is drawn from the committed results, by its path there: all charts of
 * data/results/<name>.json under `<name>/`, with the published results of data/published.json and the
 * prices of config/prices.toml.
 */
export async function committedImages(root: string): Promise<Map<string, Uint8Array>> {
  const data = join(root, "data");
  const published = JSON.parse(await readFile(join(data, "published.json"), "utf8")) as Published;
  const prices = readPrices(join(root, "config", "prices.toml"));
  const images = new Map<string, Uint8Array>();
  const files = await readdir(join(data, "results"));
  for (const file of files.filter((name) => name.endsWith(".json")).sort()) {
    const path = join(data, "results", file);
    const { provenance, episodes } = parseResults(await readFile(path, "utf8"), path);
    const charts = allCharts(episodes, { models: provenance.models, prices, published });
    for (const [name, image] of await drawImages(charts)) {
      images.set(`${basename(file, ".json")}/${name}`, image);
    }
  }
  return images;
}
