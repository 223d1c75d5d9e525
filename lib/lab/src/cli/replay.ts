import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { withOutput } from "../basics/output";
import type { Lab } from "../lab";
import { playerHtml } from "../replay/player";
import { loadReplay } from "../replay/replay";
import { command, UsageError } from "./command";
import { withLab } from "./with-lab";

export default command({
  usage: "npm run replay -- <episode> [<episode>]… [options]",
  about:
    "Writes a page that plays an episode, or several side by side, and needs no network. An episode's id is in the table\n" +
    "of notebooks/trajectories.ipynb and in the column episode_id of npm run export.",
  options: {
    output: {
      short: "o",
      value: "replay.html",
      help: "the page; default: data/.local/replays/<first episode>.html",
    },
    step: { value: "n", default: "0", help: "the step that it opens at" },
  },
  takesWords: true,
  async run({ output, step }, episodes, root) {
    const [first] = episodes;
    if (first === undefined) throw new UsageError("Which episode?");
    if (!/^\d+$/.test(step)) throw new UsageError(`--step is ${step}, not a whole number.`);
    const path = output ?? join(root, "data", ".local", "replays", `${first}.html`);
    const write = async (lab: Lab) => {
      const replays = [];
      for (const episode of episodes) replays.push(await loadReplay(lab.clickhouse, episode));
      await writeFile(path, playerHtml(replays, Number(step)));
      for (const { mismatches } of replays)
        for (const sentence of mismatches) console.error(`Mismatch: ${sentence}`);
      console.log(`Wrote ${relative(process.cwd(), path)}`);
    };
    await withOutput(path, () => withLab(write));
  },
});
