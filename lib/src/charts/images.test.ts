import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { committedImages } from "./images";

const root = join(__dirname, "../../..");

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
    .map((entry) => relative(join(root, "img"), join(entry.parentPath, entry.name)));
  expect(found.sort()).toEqual([...images.keys()].sort());
});
