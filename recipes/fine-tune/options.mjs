// The options of tune.mjs, read before anything is installed, made or trained.
import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export const here = dirname(fileURLToPath(import.meta.url));
export const root = dirname(dirname(here));
/** Those of TRL's stand after `--`. */
const [own, trainers] = splitArguments(process.argv.slice(2));
const values = readOptions();
if (values.help) {
  console.log(`node recipes/fine-tune/tune.mjs [options] [-- options of TRL's sft]

Makes examples of stored decisions, tunes SmolLM2-135M on them by TRL's \`sft\`, on a GPU where there is one, serves it, and plays it and the
base model on seeds 200 and up of the training tasks and of the test tasks. Stopped, it goes on where it was; to begin anew, give another work
folder.

  --run id        a run, or demonstrations, to learn from, any number of times; default: the expert demonstrates now
  --where json    which of their episodes, as in lab.examples: '{"success": true}'; default: all
  --episodes n    episodes of each task that the expert demonstrates; default: 24
  --corrected variant=n
                  episodes of each task that a variant plays, with the expert's action in each state, any number of times; \`learner\` is
                  a small student that has learned from 20 episodes of each task, and errs as imitators do; default: none
  --seed n        first seed of what is demonstrated; what is corrected has seeds from 200000 later on; default: 100000
  --prompt name   compact: one view and the last action; compact_history: the last 8 to 15 views and actions, too; default: compact
  --onto folder   the work folder of a training that this one goes on from; default: none
  --seeds n       seeds of each task that are played afterwards; default: 20
  --work folder   where data, weights and results go; default: data/.local/fine-tune-work`);
  process.exit();
}

export const work = resolve(values.work);
export const played = { episodes: wholeNumber("seeds"), seed: 200 };
export const demonstrated = { episodes: wholeNumber("episodes"), seed: wholeNumber("seed") };
export const corrected = readCorrected();
export const runs = values.run;
export const where = readWhere();
/** The variant of models.toml. */
export const tuned = `smollm2-135m-tuned_${readPrompt()}`;
/** The adapter that this training goes on from; null: none. */
export const before = values.onto === undefined ? null : resolve(values.onto, "adapter");
if (before !== null && !existsSync(join(before, "adapter_model.safetensors")))
  refuse(`--onto is ${values.onto}: there is no tuned model in it.`);

export { trainers };

function splitArguments(args) {
  const end = args.indexOf("--");
  return end < 0 ? [args, []] : [args.slice(0, end), args.slice(end + 1)];
}

function readOptions() {
  const options = {
    run: { type: "string", multiple: true },
    where: { type: "string", default: "{}" },
    episodes: { type: "string", default: "24" },
    corrected: { type: "string", multiple: true, default: [] },
    seed: { type: "string", default: "100000" },
    onto: { type: "string" },
    prompt: { type: "string", default: "compact" },
    seeds: { type: "string", default: "20" },
    work: { type: "string", default: join(root, "data", ".local", "fine-tune-work") },
    help: { type: "boolean", default: false },
  };
  try {
    return parseArgs({ args: own, options }).values;
  } catch (error) {
    return refuse(`${error.message}\n--help lists the options.`);
  }
}

function wholeNumber(name) {
  const number = Number(values[name]);
  if (Number.isSafeInteger(number) && number >= 1) return number;
  return refuse(`--${name} is ${values[name]}: it must be a whole number, 1 or more.`);
}

function readCorrected() {
  return values.corrected.map((text) => {
    const [, variant, episodes] = /^(.+)=([1-9]\d{0,8})$/.exec(text) ?? [];
    if (variant !== undefined) return { variant, episodes: Number(episodes) };
    return refuse(`--corrected is ${text}: it must be a variant and a number, such as random=20.`);
  });
}

function readPrompt() {
  const { prompt } = values;
  if (prompt === "compact" || prompt === "compact_history") return prompt;
  return refuse(`--prompt is ${prompt}: it must be compact or compact_history.`);
}

function readWhere() {
  try {
    return JSON.parse(values.where);
  } catch {
    return refuse(`--where is ${values.where}: it must be JSON, such as '{"success": true}'.`);
  }
}

export function refuse(why) {
  console.error(why);
  process.exit(1);
}
