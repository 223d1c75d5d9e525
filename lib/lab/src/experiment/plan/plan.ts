import { longestText, make } from "babyai";
import { plural } from "embedded-gateway";
import { answerIn } from "../../agents/balrog-like/answer";
import type { Demonstrated } from "../../agents/balrog-like/dialogue";
import { BALROG_SETTINGS, type Form } from "../../agents/balrog-like/forms";
import { LOCAL_PROVIDER } from "../../agents/local/own-models";
import type { ChatMessage } from "../../agents/local/reading/prompt";
import { countUsage } from "../../agents/local/tokens";
import { type ActInput, actArguments, longestHistory } from "../../agents/prompt";
import { players } from "../../analysis/player";
import type { EpisodeKey, World } from "../../queries/runs/run-state";
import { shardText } from "../../queries/runs/shard";
import type { TypicalUsage } from "../../queries/runs/typical-usage";
import type { CallLimits } from "../variants/call-limits";
import { costUsd, isFree, type Price } from "../variants/prices";
import { dialogueOf } from "./demonstrated";
import { countEpisodes, episodesOf } from "./episodes";
import type { Settings } from "./settings";
import { describeWorlds } from "./worlds";

/** How often an episode is begun again after an inference that the gateway did not answer. */
export const REPLAYS = 2;

/** What a run will do at most, and what that costs. */
export interface Plan {
  episodes: number;
  /** Inferences if every episode runs into its step limit and none has to be repeated. */
  callsAtMost: number;
  /**
   * The run does not cost more, in US dollars: with a token for each byte of the longest prompts there may be, answers of
   * `max_tokens`, hidden reasoning included, and every retry and replay billed. Null: a price is not known, or there is no bound.
   */
  usdAtMost: number | null;
  /** What it will cost like the stored inferences of its models; where there are none, a guess. Null: a price is not known. */
  usdLikely: number | null;
  /** All of it in a few lines, to read before a run. */
  text: string;
}

/** What a plan has to know of a variant. */
export interface PlannedVariant {
  model: string | null;
  form: Form | null;
  /** Its model is a function in place of an LLM. */
  local?: boolean;
  price: Price | undefined;
  /** What its model is sent. */
  prompt: (input: ActInput) => readonly ChatMessage[];
  limits: CallLimits;
}

/** An episode before it is played. */
interface Start extends World {
  calls: number;
  mission: string;
  /** The first observation, and one as long as there can be in this world. */
  first: string;
  longest: string;
}

interface VariantPlan {
  name: string;
  calls: number;
  /** Null: no bound. */
  atMost: number | null;
  /** As `atMost`, if no inference has to be repeated. */
  once: number | null;
  likely: number | null;
  isGuessed: boolean;
}

/**
 * Tokens that a server puts around each message and around all of them, and the words that the gateway adds in JSON mode;
 * chat formats take about 4 a message.
 */
const AROUND = 32;

/** For a guess, tokens of an answer: `{"action": "turn left"}` is 7; with reasoning, a few sentences before it. */
const THINKING = "word ".repeat(120);
const ANSWER = { plain: '{"action": "turn left"}', reasoning: THINKING };

/** The longest of six actions. */
const LONGEST_ACTION = "turn right";

/**
 * Counts calls exactly: the step limit of every episode is known by its seed. Of a resumed run only what is missing is
 * planned. The bound takes for granted that a model's tokenizer makes no more tokens than UTF-8 has bytes, as byte-level BPE
 * does, that a longer observation makes no shorter prompt, and that providers heed `max_tokens` and bill no refusal.
 *
 * @param typical what stored inferences took
 * @param demonstrated what few_shot variants are shown; needed where one is planned
 */
export async function planRun(
  settings: Settings,
  variant: (name: string) => PlannedVariant,
  typical: readonly TypicalUsage[],
  isDone: (episode: EpisodeKey) => boolean = () => false,
  demonstrated: Demonstrated | null = null,
): Promise<Plan> {
  const { variants, worlds, shard } = settings;
  const starts = new Map<string, Start>();
  for (const [task, seeds] of worlds) {
    const env = make(task);
    for (const seed of seeds) {
      const { observation } = env.reset({ seed });
      starts.set(`${task} ${seed}`, {
        ...{ task, seed },
        calls: env.maxSteps,
        mission: observation.mission,
        first: observation.text,
        longest: longestText(env.world),
      });
    }
  }
  const missing = [...episodesOf(variants, worlds, shard)].filter((episode) => !isDone(episode));
  const plans: VariantPlan[] = [];
  for (const name of variants) {
    const own = missing.filter((episode) => episode.variant === name);
    const played = own.map(({ task, seed }) => starts.get(`${task} ${seed}`)!);
    plans.push(
      await planVariant(name, variant(name), played, { ...settings, demonstrated }, typical),
    );
  }
  const plan = {
    episodes: missing.length,
    callsAtMost: plans.reduce((total, { calls }) => total + calls, 0),
    usdAtMost: sum(plans.map(({ atMost }) => atMost)),
    usdLikely: sum(plans.map(({ likely }) => likely)),
  };
  return { ...plan, text: describe(plan, plans, settings, variant) };
}

async function planVariant(
  name: string,
  { model, form, price, prompt, limits }: PlannedVariant,
  worlds: readonly Start[],
  {
    historyLength,
    demonstrated,
  }: Pick<Settings, "historyLength"> & { demonstrated: Demonstrated | null },
  typical: readonly TypicalUsage[],
): Promise<VariantPlan> {
  const calls = worlds.reduce((total, world) => total + world.calls, 0);
  const none = { name, calls, atMost: null, once: null, likely: null, isGuessed: false };
  if (price === undefined) return none;
  if (isFree(price)) return { ...none, atMost: 0, once: 0, likely: 0 };
  const promptOf = (start: Start, observation: string, turns: number) => {
    const { mission } = start;
    if (form !== null)
      return prompt(conversation(form, demonstrated, { ...start, first: observation }, turns));
    const turn = { observation, action: LONGEST_ACTION };
    return prompt(actArguments(mission, observation, Array(turns).fill(turn), historyLength));
  };

  let once: number | null = null;
  if (limits.maxTokens !== null) {
    const dearest = { ...price, input: Math.max(price.input, price.cached_input ?? 0) };
    const inputTokens = worlds.reduce((total, world) => {
      const longest = [0, longestHistory(world.calls - 1, historyLength)].map((turns) =>
        mostTokens(promptOf(world, world.longest, turns)),
      );
      return total + world.calls * Math.max(...longest);
    }, 0);
    const outputTokens = calls * limits.maxTokens;
    once = costUsd(dearest, { inputTokens, outputTokens, cachedInputTokens: 0 });
  }
  const atMost = once === null ? null : once * limits.tries * (1 + REPLAYS);

  const usual = usualOf(typical, name, model);
  if (usual !== undefined) {
    const { input_tokens, output_tokens, cached_input_tokens } = usual;
    const likelyCalls = Math.min(calls, worlds.length * usual.inferences_per_episode);
    const perCall = costUsd(price, {
      inputTokens: input_tokens,
      outputTokens: output_tokens,
      cachedInputTokens: cached_input_tokens,
    });
    return { ...none, once, atMost, likely: likelyCalls * perCall! };
  }
  const usualTurns =
    form === null ? Math.round(1.5 * historyLength) : BALROG_SETTINGS.max_text_history - 1; // between once and twice the length
  let likely = 0;
  for (const world of worlds) {
    const shown = Math.min(usualTurns, world.calls - 1);
    const messages = promptOf(world, world.first, shown);
    const reasons = /thinking/.test(messages.map(({ content }) => content).join());
    const tokens = await countUsage(messages, ANSWER[reasons ? "reasoning" : "plain"]);
    const usd = costUsd(price, {
      inputTokens: tokens.prompt_tokens,
      outputTokens: tokens.completion_tokens,
      cachedInputTokens: 0,
    });
    likely += world.calls * usd!;
  }
  return { ...none, once, atMost, likely, isGuessed: true };
}

function conversation(
  form: Form,
  demonstrated: Demonstrated | null,
  start: Start,
  turns: number,
): ActInput {
  const { mission, first: text } = start;
  const dialogue = dialogueOf(form, demonstrated, start);
  for (let turn = 0; turn < turns; turn++) {
    dialogue.ask({ mission, observation: { text } });
    dialogue.read(answerIn(form, LONGEST_ACTION, THINKING), false);
  }
  return dialogue.ask({ mission, observation: { text } });
}

/** Of the variant itself, else of any other on the model. */
function usualOf(
  typical: readonly TypicalUsage[],
  name: string,
  model: string | null,
): TypicalUsage | undefined {
  const same = typical.filter((usage) => usage.model === model);
  return (
    same.find(({ variant }) => variant === name) ??
    same.toSorted((a, b) => b.inferences - a.inferences)[0]
  );
}

function mostTokens(messages: readonly ChatMessage[]): number {
  return messages.reduce(
    (total, { content }) => total + AROUND + Buffer.byteLength(content),
    AROUND,
  );
}

function sum(values: readonly (number | null)[]): number | null {
  return values.reduce<number | null>(
    (total, value) => (total === null || value === null ? null : total + value),
    0,
  );
}

function describe(
  { episodes, callsAtMost, usdAtMost, usdLikely }: Omit<Plan, "text">,
  plans: readonly VariantPlan[],
  { variants, worlds, budgetUsd, shard }: Settings,
  variant: (name: string) => PlannedVariant,
): string {
  const usd = (value: number) => `$${value.toFixed(2)}`;
  const budget = budgetUsd === null ? "no budget set" : `budget ${usd(budgetUsd)}`;
  const all = countEpisodes(variants, worlds, shard);
  const count = episodes === all ? `${all}` : `${episodes} that are missing of ${all}`;
  const unpriced = new Set(
    variants.filter((name) => variant(name).price === undefined).map((name) => variant(name).model),
  );
  const unbounded = plans.filter(({ atMost, likely }) => atMost === null && likely !== null);
  const once = sum(plans.map((plan) => plan.once));
  const cost = [];
  if (unpriced.size > 0) {
    cost.push(`not known: config/prices.toml has no price of ${[...unpriced].join(", ")}`);
  } else if (usdAtMost !== null) {
    const repeated = once !== usdAtMost ? ` (${usd(once!)} if nothing has to be repeated)` : "";
    cost.push(`at most ${usd(usdAtMost)}${repeated}`);
  } else {
    const reasons = unbounded.map(({ name }) => `${name} ${variant(name).limits.reason}`);
    cost.push(`no bound, because ${reasons.join(", ")}`);
  }
  const guessed = plans.filter(({ isGuessed }) => isGuessed).map(({ name }) => name);
  if (usdLikely !== null && usdLikely > 0) {
    cost.push(
      guessed.length > 0
        ? `perhaps ${usd(usdLikely)}, guessed from the prompts, because no inference of ${guessed.join(", ")} is stored`
        : `about ${usd(usdLikely)} like the stored runs`,
    );
  }
  const played = variants.map((name) => {
    const { model, local } = variant(name);
    return { variant: name, model, provider: local ? LOCAL_PROVIDER : null };
  });
  const part = shard.of === 1 ? "" : `shard ${shardText(shard)} of `;
  return [
    `Variants: ${variants.join(", ")}`,
    `Models: ${players(played) ?? "several"}`,
    `Episodes: ${count} (${part}${plural(variants.length, "variant")} × ${describeWorlds(worlds)})`,
    `Inferences: ${callsAtMost.toLocaleString("en-US")} at most`,
    `Cost: ${[...cost, budget].join("; ")}`,
  ].join("\n");
}
