// npm run replay -- <episode>: writes the replay player of stored episodes as one HTML file.
import { mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { readArguments } from "./arguments.mjs";
import { openLabOrStop } from "./open-lab.mjs";
import { root, setup } from "./setup.mjs";

const usage = `npm run replay -- <episode> [<episode>]… [-o replay.html] [--step n]

Writes a page that plays an episode, or several side by side, and needs no network. An episode's id is in the table
of notebooks/trajectories.ipynb and in the column episode_id of npm run export.

  -o, --output replay.html  default: data/.local/replays/<first episode>.html
      --step n              the step that it opens at; default: 0`;

const { values, positionals, stop } = readArguments(usage, {
  output: { type: "string", short: "o" },
  step: { type: "string", default: "0" },
});
if (positionals.length === 0) stop("Which episode?");
if (!/^\d+$/.test(values.step)) stop(`--step is ${values.step}, not a whole number.`);

setup();
const { EpisodeNotFoundError, loadReplay, playerHtml } = createRequire(import.meta.url)(
  "babyai-lab",
);
const output = values.output ?? join(root, "data", ".local", "replays", `${positionals[0]}.html`);
const lab = await openLabOrStop();
try {
  const replays = [];
  for (const episode of positionals) replays.push(await loadReplay(lab.clickhouse, episode));
  await mkdir(dirname(output), { recursive: true });
  await writeFile(output, playerHtml(replays, Number(values.step)));
  for (const { mismatches } of replays)
    for (const sentence of mismatches) console.error(`Mismatch: ${sentence}`);
  console.log(`Wrote ${relative(process.cwd(), output)}`);
} catch (error) {
  if (!(error instanceof EpisodeNotFoundError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
} finally {
  await lab.close();
}
