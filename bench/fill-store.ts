import { join } from "node:path";
import type { ClickHouseClient } from "@clickhouse/client";
import { type ActionName, actions, type Env, Expert, make, NoPlanError, tasks } from "babyai";
import { RowWriter, uuidv7 } from "embedded-gateway";
import { DEFAULT_ACTION } from "../lib/lab/src/agents/parse";
import { type Agent, type Decision, play } from "../lib/lab/src/agents/play";
import { actArguments } from "../lib/lab/src/agents/prompt";
import { readVariants, type VariantInfo } from "../lib/lab/src/experiment/variants/variants";
import { configFiles } from "../lib/lab/src/project/config-files";
import { doneTag, kindOf, nameIn, retagged } from "../lib/lab/src/queries/parts/done-tag";
import { TAGGED_RUN } from "../lib/lab/src/queries/runs/done";
import { insertRunSettings } from "../lib/lab/src/queries/runs/run-settings";
import { SLOTS, slotOf } from "../lib/lab/src/queries/runs/shard";

/** How often each variant does something else than the expert would: 6 to 60 steps an episode. */
const SLIPS: Record<string, number> = {
  baseline: 0.55,
  reasoning: 0.4,
  history: 0.25,
  history_and_reasoning: 0.15,
};
const INVALID = 0.01;
const HISTORY_LENGTH = 8;
const MODEL = "gpt-4o-mini-2024-07-18";

export interface StoreSize {
  /** Runs, all alike but for their ids and times. */
  runs: number;
  /** Episodes of each variant and task that are played: 20 times as many a run. */
  seeds: number;
  /** How often they stand in a run, by other seeds. Default 1. */
  times?: number;
}

/** Seeds that lie so far apart have the same slot. */
const APART = SLOTS;

/**
 * Fills an empty store with whole runs of the shape that `lab.evaluate` leaves: an expert that slips plays the five tasks for four
 * variants, with prompts from the project's own templates; further runs are copies, made by ClickHouse. Replayed, the
 * stored actions give the stored outcomes.
 */
export async function fillStore(
  clickhouse: ClickHouseClient,
  { runs, seeds, times = 1 }: StoreSize,
): Promise<string[]> {
  const ids = Array.from({ length: runs }, (_, i) => `bench-${String(i).padStart(3, "0")}`);
  const first = ids[0]!;
  await playRun(clickhouse, first, seeds);
  for (let i = 1; i < times; i++) {
    const only = `toUInt64(tags['seed']) < ${APART}`;
    await copyRun(clickhouse, first, first, { hours: -1000 * i, seeds: APART * i, only });
  }
  for (const [i, id] of ids.entries())
    if (i > 0) await copyRun(clickhouse, first, id, { hours: -i });
  return ids;
}

/** Plans the run, as `evaluate` does, with so many episodes of each variant and task. */
export async function insertPlan(
  clickhouse: ClickHouseClient,
  run: string,
  episodes: number,
): Promise<void> {
  const variants = Object.fromEntries(Object.keys(SLIPS).map((name) => [name, {}]));
  const plan = { tasks, seed: 0, episodes, historyLength: HISTORY_LENGTH, variants };
  const settings = { ...plan, ...TAGGED_RUN };
  await insertRunSettings(clickhouse, { run, id: uuidv7(), settings: JSON.stringify(settings) });
}

async function playRun(clickhouse: ClickHouseClient, run: string, seeds: number): Promise<void> {
  const writer = new RowWriter(clickhouse, { intervalMs: 3_600_000, maxRows: Infinity });
  const config = readVariants(configFiles(join(__dirname, "..")));
  for (const [variant, slips] of Object.entries(SLIPS)) {
    const { prompt } = config.get(variant)!;
    const random = generator(7);
    for (const task of tasks) {
      for (let seed = 0; seed < seeds; seed++) {
        await playEpisode(writer, prompt, { run, variant, task, seed, slips, random });
        if (writer.pending > 10_000) await writer.flush();
      }
    }
  }
  await writer.close();
}

interface Episode {
  run: string;
  variant: string;
  task: string;
  seed: number;
  slips: number;
  random: () => number;
}

interface Slip extends Decision {
  /** Played where the answer is a valid action. */
  meant: ActionName;
  isInvalid: boolean;
}

/** The expert, but for a share `slips` of its actions, which are any. */
function slippingExpert(env: Env, slips: number, random: () => number): Agent<Slip> {
  const expert = new Expert(env);
  return {
    async act() {
      const anyAction = actions[Math.floor(random() * actions.length)]!;
      const meant = random() < slips ? anyAction : (advised(expert) ?? anyAction);
      const isInvalid = random() < INVALID;
      return { action: isInvalid ? DEFAULT_ACTION : meant, meant, isInvalid };
    },
  };
}

async function playEpisode(
  writer: RowWriter,
  prompt: VariantInfo["prompt"],
  { run, variant, task, seed, slips, random }: Episode,
): Promise<void> {
  const env = make(task);
  const agent = slippingExpert(env, slips, random);
  const episodeId = uuidv7();
  const tags = { run, task, seed: String(seed) };
  const thinks = variant.includes("reasoning");
  let invalidActions = 0;
  for await (const turn of play(env, agent, { seed })) {
    const { step, mission, observation, past, decision } = turn;
    const { meant, isInvalid } = decision;
    const act = actArguments(mission, observation.text, past, HISTORY_LENGTH);
    const answer = {
      ...(thinks ? { thinking: `I see: ${observation.text}. So I ${meant}.` } : {}),
      action: isInvalid ? `${meant} now` : meant,
    };
    const raw = JSON.stringify(answer);
    const messages = prompt(act);
    const [system, user] = messages.map(({ content }) => content) as [string, string];
    const id = uuidv7();
    const milliseconds = 300 + Math.floor(1200 * random());
    const common = { function_name: "act", variant_name: variant };
    const text = (value: string) => [{ type: "text", text: value }];
    writer.write("JsonInference", {
      ...common,
      id,
      episode_id: episodeId,
      input: JSON.stringify({
        system: act.system,
        messages: [
          { role: "user", content: [{ type: "template", name: "user", arguments: act.user }] },
        ],
      }),
      output: JSON.stringify({ raw, parsed: isInvalid ? null : answer }),
      inference_params: '{"chat_completion":{}}',
      processing_time_ms: milliseconds,
      tags: { ...tags, step: String(step), "tensorzero::variant_pinned": variant },
      extra_body: "[]",
      output_schema: "{}",
      auxiliary_content: "[]",
    });
    writer.write("ModelInference", {
      ...common,
      id: uuidv7(),
      inference_id: id,
      raw_request: JSON.stringify({ messages, model: MODEL, stream: false }),
      raw_response: JSON.stringify({ id, choices: [{ index: 0, message: { content: raw } }] }),
      model_name: MODEL,
      model_provider_name: "openai",
      input_tokens: Math.round((system.length + user.length) / 4.5),
      output_tokens: Math.ceil(raw.length / 4),
      response_time_ms: milliseconds - 1,
      system,
      input_messages: JSON.stringify([{ role: "user", content: text(user) }]),
      output: JSON.stringify(text(raw)),
      finish_reason: "stop",
    });
    if (isInvalid) invalidActions++;
  }
  const metric = { target_id: episodeId, tags };
  const success = env.reward > 0;
  for (const [metric_name, value] of Object.entries({
    episode_return: env.reward,
    progression: Number(success),
    episode_length: env.stepCount,
    invalid_actions: invalidActions,
  })) {
    writer.write("FloatMetricFeedback", { ...metric, id: uuidv7(), metric_name, value });
  }
  const episode = { variant, task, seed };
  const done = doneTag(run, slotOf(episode), episode, episodeId);
  writer.write("BooleanMetricFeedback", {
    ...{ target_id: episodeId, tags: { ...tags, done } },
    id: uuidv7(),
    metric_name: "success",
    value: success,
  });
}

/** Undefined once the mission is lost, for instance because a slip opened the box to fetch. */
function advised(expert: Expert): ActionName | undefined {
  try {
    return expert.act();
  } catch (error) {
    if (error instanceof NoPlanError) return undefined;
    throw error;
  }
}

interface Copy {
  /** So much later; negative: earlier. */
  hours: number;
  /** By so much higher. Default 0. */
  seeds?: number;
  /** A condition: what is copied. Default: all. */
  only?: string;
}

/** The run again, with ids of its own. */
export async function copyRun(
  clickhouse: ClickHouseClient,
  from: string,
  to: string,
  { hours, seeds = 0, only = "true" }: Copy,
): Promise<void> {
  // A UUIDv7's first 12 hexadecimal digits are milliseconds; its last 12 are random.
  const other = (id: string) => `toUUID(concat(
    substring(leftPad(lower(hex(toUInt64(${ms(id)} + (${hours * 3_600_000})))), 12, '0') AS _${id}, 1, 8), '-',
    substring(_${id}, 9, 4), substring(toString(${id}), 14, 11),
    substring(leftPad(lower(hex(sipHash64(${id}, ${hours}))), 16, '0'), 1, 12)))`;
  const seed = `toString(toUInt64(tags['seed']) + ${seeds})`;
  const tags = `mapUpdate(tags, map('run', {to:String}, 'seed', ${seed}))`;
  const name = `concat(${kindOf(nameIn("tags['done']"))}, ',', ${seed})`;
  const done = retagged("tags['done']", {
    run: "{to:String}",
    name,
    episodeId: other("target_id"),
  });
  const ofRun = `WHERE tags['run'] = {from:String} AND ${only}`;
  const copy = async (table: string, changes: Record<string, string>, where: string) => {
    const replace = Object.entries(changes).map(([column, value]) => `${value} AS ${column}`);
    await clickhouse.command({
      // subtle: without the inner SELECT the condition would see the replaced columns.
      query: `INSERT INTO ${table} SELECT * REPLACE (${replace.join(", ")}) FROM (SELECT * FROM ${table} ${where})`,
      query_params: { from, to },
    });
  };
  await copy("JsonInference", { id: other("id"), episode_id: other("episode_id"), tags }, ofRun);
  await copy(
    "ModelInference",
    { id: other("id"), inference_id: other("inference_id") },
    `WHERE inference_id IN (SELECT id FROM JsonInference ${ofRun})`,
  );
  const feedback = { id: other("id"), target_id: other("target_id") };
  await copy("FloatMetricFeedback", { ...feedback, tags }, ofRun);
  const withDone = `mapUpdate(${tags}, map('done', ${done}))`;
  await copy("BooleanMetricFeedback", { ...feedback, tags: withDone }, ofRun);
}

const ms = (id: string) =>
  `reinterpretAsUInt64(reverse(unhex(concat(substring(toString(${id}), 1, 8), substring(toString(${id}), 10, 4)))))`;

/** Mulberry32: numbers in [0, 1), the same for the same seed. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
