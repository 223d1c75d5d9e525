import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { committedImages } from "./images";

const root = join(__dirname, "../../..");

test("img/ is what data/ gives, byte for byte, and holds no other chart", async () => {
  const images = await committedImages(root);
  const stale: string[] = [];
  for (const [name, image] of images) {
    const path = join(root, "img", name);
    if (!existsSync(path) || !readFileSync(path).equals(image)) stale.push(name);
  }
  expect(stale).toEqual([]);
  for (const folder of new Set([...images.keys()].map(dirname))) {
    const drawn = [...images.keys()].filter((name) => dirname(name) === folder);
    const found = readdirSync(join(root, "img", folder)).map((name) => `${folder}/${name}`);
    expect(found.sort()).toEqual(drawn.sort());
  }
});
