import { readdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { parseResults } from "../analysis/results";
import { type Published, publishedResults } from "./published";
import { allCharts, drawImages } from "./save";

/**
 * Every image of img/, drawn from the committed results: the charts of data/results/<name>.json under
 * `<name>/`, that with the published results (data/published.json) included.
 */
export async function committedImages(data: string): Promise<Map<string, Uint8Array>> {
  const published = JSON.parse(await readFile(join(data, "published.json"), "utf8")) as Published;
  const images = new Map<string, Uint8Array>();
  const files = await readdir(join(data, "results"));
  for (const file of files.filter((name) => name.endsWith(".json")).sort()) {
    const path = join(data, "results", file);
    const { episodes } = parseResults(await readFile(path, "utf8"), path);
    const charts = {
      ...allCharts(episodes),
      published_results: publishedResults(episodes, published),
    };
    for (const [name, image] of await drawImages(charts)) {
      images.set(`${basename(file, ".json")}/${name}`, image);
    }
  }
  return images;
}
