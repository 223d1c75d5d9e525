/**
 * The expert on every level, beside the bot of the Python reference on the same seeds. `npm run bench -- expert`.
 *
 * The bot's play is read from reference-bot.json.gz and played again here: what counts is what its actions come to.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { make, solve } from "babyai";

interface BotPlay {
  source: string;
  made: string;
  /** By level; the index of an episode is its seed. */
  levels: Record<string, BotEpisode[]>;
}

interface BotEpisode {
  /** A digit an action, its index. */
  actions: string;
  /** What stopped the bot before the episode's end. */
  error: string | null;
}

/** Steps to success, or null. */
type Steps = number | null;

/** @throws Error where the recorded actions go on after the episode's end: it would be another episode than the bot's */
function replay(id: string, seed: number, { actions, error }: BotEpisode): Steps {
  const env = make(id);
  env.restart(seed);
  for (const action of actions) {
    if (env.terminated || env.truncated) throw new Error(`${id}, seed ${seed}: ended too early.`);
    env.advance(Number(action));
  }
  const hasEnded = env.terminated || env.truncated;
  if (hasEnded !== (error === null)) throw new Error(`${id}, seed ${seed}: not the bot's end.`);
  return env.reward > 0 ? env.stepCount : null;
}

const isSolved = (steps: Steps): steps is number => steps !== null;
const mean = (values: readonly number[]) =>
  values.length === 0
    ? "–"
    : (values.reduce((sum, value) => sum + value) / values.length).toFixed(1);

export async function run(): Promise<void> {
  const file = readFileSync(join(__dirname, "reference-bot.json.gz"));
  const { source, made, levels } = JSON.parse(gunzipSync(file).toString("utf8")) as BotPlay;
  console.log(`Bot: ${source}\n     ${made}\n`);
  const width = Math.max(...Object.keys(levels).map((id) => id.length));
  console.log(
    `${"".padEnd(width)}       solved           mean steps where both solve it\n${"level".padEnd(width)}  expert      bot    expert     bot  ms/episode`,
  );
  const all: { expert: Steps; bot: Steps }[] = [];
  const errors = new Map<string, number>();
  for (const [id, episodes] of Object.entries(levels)) {
    const start = performance.now();
    const expert = episodes.map((_, seed): Steps => solve(id, seed)?.length ?? null);
    const milliseconds = (performance.now() - start) / episodes.length;
    const played = episodes.map((episode, seed) => ({
      expert: expert[seed]!,
      bot: replay(id, seed, episode),
    }));
    for (const { error } of episodes) if (error) errors.set(error, (errors.get(error) ?? 0) + 1);
    const both = played.filter(({ expert, bot }) => isSolved(expert) && isSolved(bot));
    const columns = [
      `${expert.filter(isSolved).length}/${episodes.length}`.padStart(7),
      `${played.filter(({ bot }) => isSolved(bot)).length}/${episodes.length}`.padStart(7),
      mean(both.map(({ expert }) => expert!)).padStart(8),
      mean(both.map(({ bot }) => bot!)).padStart(6),
      milliseconds.toFixed(2).padStart(10),
    ];
    console.log(`${id.padEnd(width)} ${columns.join("  ")}`);
    all.push(...played);
  }
  const count = (test: (played: { expert: Steps; bot: Steps }) => boolean) =>
    all.filter(test).length.toLocaleString("en-US");
  const both = all.filter(({ expert, bot }) => isSolved(expert) && isSolved(bot));
  console.log(`
${Object.keys(levels).length} levels, ${all.length.toLocaleString("en-US")} episodes
solved by the expert       ${count(({ expert }) => isSolved(expert))}
solved by the bot          ${count(({ bot }) => isSolved(bot))}
by the bot alone           ${count(({ expert, bot }) => !isSolved(expert) && isSolved(bot))}
by neither                 ${count(({ expert, bot }) => !isSolved(expert) && !isSolved(bot))}
mean steps where both do   ${mean(both.map(({ expert }) => expert!))} against ${mean(both.map(({ bot }) => bot!))}
the bot was stopped by     ${[...errors].map(([error, times]) => `${error} (${times})`).join(", ")}`);
}
