// Redraws img/ from the results in data/, and the README's episode: npm run charts
import { mkdir, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { root, setup } from "./setup.mjs";

setup();
const { committedImages } = createRequire(import.meta.url)("../lib/lab/dist/charts/images.js");

const images = await committedImages(root).catch((error) => {
  console.error(error.message);
  process.exit(1);
});
// An image that is no longer drawn must not stay behind.
await rm(join(root, "img"), { recursive: true, force: true });
for (const [name, image] of images) {
  await mkdir(dirname(join(root, "img", name)), { recursive: true });
  await writeFile(join(root, "img", name), image);
  console.log(`img/${name}`);
}
