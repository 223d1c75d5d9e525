import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { UnfinishedRunError } from "../analysis/results";
import { committedImages, isPageView } from "./images";

const root = join(__dirname, "../../../..");

test("results of a run that was cut short are refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "images-"));
  try {
    mkdirSync(join(folder, "data", "results"), { recursive: true });
    cpSync(join(root, "data", "published.json"), join(folder, "data", "published.json"));
    cpSync(join(root, "config", "prices.toml"), join(folder, "config", "prices.toml"));
    const results = JSON.parse(readFileSync(join(root, "data/results/local.json"), "utf8"));
    const { columns } = results;
    const [last] = results.episodes.slice(-1);
    for (const name of ["episode_id", "success", "episode_return", "episode_length"]) {
      last[columns.indexOf(name)] = null;
    }
    writeFileSync(join(folder, "data", "results", "cut.json"), JSON.stringify(results));
    await expect(committedImages(folder)).rejects.toThrow(UnfinishedRunError);
    await expect(committedImages(folder)).rejects.toThrow("299 of 300 episodes ended");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("img/ is what `npm run charts` draws, byte for byte, and holds nothing else", async () => {
  const images = await committedImages(root);
  const stale: string[] = [];
  for (const [name, image] of images) {
    const path = join(root, "img", name);
    if (!existsSync(path) || !readFileSync(path).equals(image)) stale.push(name);
  }
  expect(stale).toEqual([]);
  const found = readdirSync(join(root, "img"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, "img"), join(entry.parentPath, entry.name)))
    .filter((name) => !isPageView(name));
  expect(found.sort()).toEqual([...images.keys()].sort());
});
