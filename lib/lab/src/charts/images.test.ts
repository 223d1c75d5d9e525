import {
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { UnfinishedRunError } from "../analysis/results";
import { committedImages, isPageView } from "./images";

const root = join(__dirname, "../../../..");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "images-"));
  for (const path of ["data/published.json", "config/prices.toml", "data/student"])
    cpSync(join(root, path), join(folder, path), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

const results = "data/results";
const resultsFiles = readdirSync(join(root, results)).filter((name) => name.endsWith(".json"));

/** All files below a folder of the project, by their path there. */
function filesBelow(path: string): string[] {
  return readdirSync(join(root, path), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(join(root, path), join(entry.parentPath, entry.name)));
}

// All are drawn anew in .ci/run, by `npm run charts`: the same charts of other numbers.
test("img/ is what `npm run charts` draws, byte for byte, and holds nothing else", async () => {
  const drawn = ["local", "smollm2-135m"];
  for (const name of drawn)
    cpSync(join(root, results, `${name}.json`), join(folder, results, `${name}.json`));
  const images = await committedImages(folder);
  const stale = [...images].filter(([name, image]) => {
    const path = join(root, "img", name);
    return !existsSync(path) || !readFileSync(path).equals(image);
  });
  expect(stale.map(([name]) => name)).toEqual([]);

  const others = resultsFiles
    .map((file) => basename(file, ".json"))
    .filter((name) => !drawn.includes(name));
  const found = filesBelow("img").filter((name) => !isPageView(name));
  const ofOthers = (name: string) => others.includes(dirname(name));
  expect(found.filter((name) => !ofOthers(name)).sort()).toEqual([...images.keys()].sort());
  const looks = /-(dark|phone)+\.svg$/;
  const ofLocal = filesBelow("img/local").sort();
  for (const other of others)
    expect(
      filesBelow(`img/${other}`)
        .filter((name) => !looks.test(name))
        .sort(),
    ).toEqual(ofLocal);
});

test("results of a run that was cut short are refused", async () => {
  const cut = JSON.parse(readFileSync(join(root, results, "local.json"), "utf8"));
  const [last] = cut.episodes.slice(-1);
  for (const name of ["episode_id", "success", "episode_return", "episode_length"])
    last[cut.columns.indexOf(name)] = null;
  writeFileSync(join(folder, results, "a-cut-one.json"), JSON.stringify(cut));
  await expect(committedImages(folder)).rejects.toThrow(UnfinishedRunError);
  await expect(committedImages(folder)).rejects.toThrow("299 of 300 episodes ended");
});
