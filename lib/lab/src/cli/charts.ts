import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { committedImages, isPageView } from "../charts/images";
import { command } from "./command";

export default command({
  usage: "npm run charts",
  about:
    "Redraws img/ from the results in data/, and the README's episode, byte for byte the same.",
  options: {},
  async run(_values, _words, root) {
    const images = await committedImages(root);
    // Images that are no longer drawn must not remain; those of the pages are taken by a test, in a browser.
    for (const name of await readdir(join(root, "img")).catch(() => []))
      if (!isPageView(name)) await rm(join(root, "img", name), { recursive: true });
    for (const [name, image] of images) {
      await mkdir(dirname(join(root, "img", name)), { recursive: true });
      await writeFile(join(root, "img", name), image);
      console.log(`img/${name}`);
    }
  },
});
