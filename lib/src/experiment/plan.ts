import { tokenCounter } from "../agents/local/tokens";
import { make } from "../env";
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
 * templates show one.
 */
export async function planRun(
  settings: Settings,
  variant: (name: string) => PlannedVariant,
): Promise<Plan> {
  const countTokens = await tokenCounter();
  const { variants, tasks, seeds, historyLength } = settings;
  let calls = 0;
  let observationTokens = 0;
  for (const task of tasks) {
    const env = make(task);
    for (const seed of seeds) {
      const { observation } = env.reset({ seed });
      calls += env.maxSteps;
      observationTokens += env.maxSteps * countTokens(observation.text);
    }
  }
  let usdAtMost: number | null = 0;
  for (const name of variants) {
    const { templates, price } = variant(name);
    const source = templates.join("\n");
    const observations = 1 + (source.includes("history") ? historyLength : 0);
    const inputTokens = calls * countTokens(source) + observations * observationTokens;
    const outputTokens = calls * ANSWER_TOKENS[source.includes("thinking") ? "reasoning" : "plain"];
    const usd = costUsd(price, { inputTokens, outputTokens });
    usdAtMost = usd === null || usdAtMost === null ? null : usdAtMost + usd;
  }
  const plan = {
    episodes: variants.length * tasks.length * seeds.length,
    callsAtMost: variants.length * calls,
    usdAtMost,
  };
  return { ...plan, text: describe(plan, settings) };
}

function describe(
  { episodes, callsAtMost, usdAtMost }: Omit<Plan, "text">,
  { variants, tasks, seeds, budgetUsd }: Settings,
): string {
  const cost = usdAtMost === null ? "not known (config/prices.toml)" : `$${usdAtMost.toFixed(2)}`;
  const budget = budgetUsd === null ? "no budget set" : `budget $${budgetUsd.toFixed(2)}`;
  return [
    `Variants: ${variants.join(", ")}`,
    `Episodes: ${episodes} (${variants.length} variants × ${tasks.length} tasks × seeds ${seeds[0]} to ${seeds.at(-1)})`,
    `Inferences: ${callsAtMost.toLocaleString("en-US")} at most`,
    `Cost: estimated at most ${cost}, ${budget}`,
  ].join("\n");
}
