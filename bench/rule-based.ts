import { join } from "node:path";
import { type EnvOptions, make, tasks } from "babyai";
import { localModels } from "../lib/lab/src/agents/local/app";
import { parseAnswer } from "../lib/lab/src/agents/parse";
import { type Agent, play } from "../lib/lab/src/agents/play";
import { actArguments } from "../lib/lab/src/agents/prompt";
import { readVariants } from "../lib/lab/src/experiment/variants/variants";

const config = join(__dirname, "..", "config", "tensorzero.toml");
const seeds = Array.from({ length: 200 }, (_, i) => 1000 + i);

export interface Outcome {
  success: boolean;
  steps: number;
}

/**
 * Plays episodes of one variant of config/tensorzero.toml that is on a local model: prompts are rendered with its
 * templates and sent to the app that serves the model, in process and without a gateway or a store.
 */
export async function player(variantName: string, historyLength = 8, envOptions: EnvOptions = {}) {
  const variant = readVariants([config]).get(variantName);
  if (!variant) throw new Error(`${config} has no variant ${variantName} of act.`);
  const models = localModels();

  const agent: Agent = {
    async act({ mission, observation, past }) {
      const messages = variant.prompt(actArguments(mission, observation.text, past, historyLength));
      const response = await models.fetch(
        new Request("http://localhost:3030/v1/chat/completions", {
          method: "POST",
          body: JSON.stringify({ model: variant.model, messages }),
        }),
      );
      if (!response.ok) throw new Error(await response.text());
      const completion = (await response.json()) as {
        choices: [{ message: { content: string } }];
      };
      const { action } = parseAnswer(completion.choices[0].message.content);
      if (action === null) throw new Error(`No action in ${JSON.stringify(completion)}`);
      return { action };
    },
  };

  return async (task: string, seed: number): Promise<Outcome> => {
    const env = make(task, envOptions);
    for await (const _ of play(env, agent, { seed }));
    return { success: env.reward > 0, steps: env.stepCount };
  };
}

/** Prints success and mean steps (over all episodes) per task on seeds 1000..1199. */
export async function run(): Promise<void> {
  for (const variant of ["random", "rule_based", "rule_based_history"]) {
    const playEpisode = await player(variant);
    const all: Outcome[] = [];
    const started = performance.now();
    for (const task of tasks) {
      const outcomes: Outcome[] = [];
      for (const seed of seeds) outcomes.push(await playEpisode(task, seed));
      print(variant, task, outcomes);
      all.push(...outcomes);
    }
    print(variant, "all", all);
    const steps = all.reduce((sum, outcome) => sum + outcome.steps, 0);
    console.log(`${((performance.now() - started) / steps).toFixed(2)} ms a step\n`);
  }
}

function print(variant: string, task: string, outcomes: Outcome[]): void {
  const solved = outcomes.filter(({ success }) => success).length;
  const steps = outcomes.reduce((sum, outcome) => sum + outcome.steps, 0) / outcomes.length;
  const percent = ((100 * solved) / outcomes.length).toFixed(1);
  console.log(
    `${variant.padEnd(20)}${task.padEnd(48)}${solved}/${outcomes.length} = ${percent} %, ${steps.toFixed(2)} steps`,
  );
}
