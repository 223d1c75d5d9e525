import { tokenCounter } from "../agents/local/tokens";
import { make } from "../env";
import type { EpisodeKey } from "../store/run-state";
import { grid } from "./grid";
import { costUsd, type Price } from "./prices";
import type { Settings } from "./settings";

/** What a run will do at most, and what that would cost. */
export interface Plan {
  episodes: number;
  /** Inferences if every episode runs into its step limit. */
  callsAtMost: number;
  /** Cost of that many inferences, in US dollars; null when a variant's model has no known price. */
  usdAtMost: number | null;
  /** All of it in a few lines, to read before a run. */
  text: string;
}

/** What a plan has to know of a variant. */
export interface PlannedVariant {
  /** Sources of its templates. */
  templates: readonly string[];
  price: Price | undefined;
}

/** Tokens of an answer: `{"action": "turn left"}` is 7; with reasoning, a few sentences before it. */
const ANSWER_TOKENS = { plain: 10, reasoning: 120 };

/**
 * Counts calls exactly: the step limit of every episode is known by its seed. Tokens of a call are estimated from the
 * templates' own (o200k), the episode's first observation, and a full history of such observations where the
 * templates show one. Of a resumed run only what is missing is planned.
 */
export async function planRun(
  settings: Settings,
  variant: (name: string) => PlannedVariant,
  isDone: (episode: EpisodeKey) => boolean = () => false,
): Promise<Plan> {
  const countTokens = await tokenCounter();
  const { variants, tasks, seeds, historyLength } = settings;
  const lengths = new Map<string, { calls: number; observationTokens: number }>();
  for (const task of tasks) {
    const env = make(task);
    for (const seed of seeds) {
      const { observation } = env.reset({ seed });
      const observationTokens = env.maxSteps * countTokens(observation.text);
      lengths.set(`${task} ${seed}`, { calls: env.maxSteps, observationTokens });
    }
  }
  const missing = [...grid(settings)].filter((episode) => !isDone(episode));
  let callsAtMost = 0;
  let usdAtMost: number | null = 0;
  for (const name of variants) {
    let calls = 0;
    let observationTokens = 0;
    for (const { variant, task, seed } of missing) {
      if (variant !== name) continue;
      const length = lengths.get(`${task} ${seed}`);
      calls += length?.calls ?? 0;
      observationTokens += length?.observationTokens ?? 0;
    }
    const { templates, price } = variant(name);
    const source = templates.join("\n");
    const observations = 1 + (source.includes("history") ? historyLength : 0);
    const inputTokens = calls * countTokens(source) + observations * observationTokens;
    const outputTokens = calls * ANSWER_TOKENS[source.includes("thinking") ? "reasoning" : "plain"];
    const usd = costUsd(price, { inputTokens, outputTokens, cachedInputTokens: 0 });
    usdAtMost = usd === null || usdAtMost === null ? null : usdAtMost + usd;
    callsAtMost += calls;
  }
  const plan = { episodes: missing.length, callsAtMost, usdAtMost };
  return { ...plan, text: describe(plan, settings) };
}

function describe(
  { episodes, callsAtMost, usdAtMost }: Omit<Plan, "text">,
  { variants, tasks, seeds, budgetUsd }: Settings,
): string {
  const cost = usdAtMost === null ? "not known (config/prices.toml)" : `$${usdAtMost.toFixed(2)}`;
  const budget = budgetUsd === null ? "no budget set" : `budget $${budgetUsd.toFixed(2)}`;
  const all = variants.length * tasks.length * seeds.length;
  const count = episodes === all ? `${all}` : `${episodes} that are missing of ${all}`;
  return [
    `Variants: ${variants.join(", ")}`,
    `Episodes: ${count} (${variants.length} variants × ${tasks.length} tasks × seeds ${seeds[0]} to ${seeds.at(-1)})`,
    `Inferences: ${callsAtMost.toLocaleString("en-US")} at most`,
    `Cost: estimated at most ${cost}, ${budget}`,
  ].join("\n");
}
