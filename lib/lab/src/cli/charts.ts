import { mkdir, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { committedImages } from "../charts/images";
import { command } from "./command";

export default command({
  usage: "npm run charts",
  about:
    "Redraws img/ from the results in data/, and the README's episode, byte for byte the same.",
  options: {},
  async run(_values, _words, root) {
    const images = await committedImages(root);
    // Images that are no longer drawn must not remain.
    await rm(join(root, "img"), { recursive: true, force: true });
    for (const [name, image] of images) {
      await mkdir(dirname(join(root, "img", name)), { recursive: true });
      await writeFile(join(root, "img", name), image);
      console.log(`img/${name}`);
    }
  },
});
