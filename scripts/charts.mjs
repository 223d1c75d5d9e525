// Redraws img/ from the results in data/: npm run charts
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { root, setup } from "./setup.mjs";

setup();
const { committedImages } = createRequire(import.meta.url)("../lib/dist/charts/images.js");

const images = await committedImages(root);
// A chart that is no longer drawn must not stay behind: each folder of results is made anew.
for (const folder of new Set([...images.keys()].map(dirname))) {
  await rm(join(root, "img", folder), { recursive: true, force: true });
  await mkdir(join(root, "img", folder), { recursive: true });
}
for (const [name, image] of images) {
  await writeFile(join(root, "img", name), image);
  console.log(`img/${name}`);
}
