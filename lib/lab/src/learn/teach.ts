import { inspect } from "node:util";
import type { ClickHouseClient } from "@clickhouse/client";
import { storedOnce, uuidv7 } from "embedded-gateway";
import type { ActInput } from "../agents/prompt";
import { at } from "../basics/at";
import { checkOptions } from "../basics/options";
import type { GatewayClient } from "../connection/client";
import type { VariantInfo } from "../experiment/variants/variants";
import type { Trajectory } from "../queries/trajectories";
import { bankOf, hashOf, removal } from "./bank";
import { checkHistoryLength, ExamplesError, refuseUnknown } from "./examples-error";
import { renderTurns, taught } from "./render";

export interface TeachOptions {
  /** A variant of in-context learning, such as nearest_example. */
  variant: string;
  /** As `lab.examples` gives them, of any variants. */
  episodes: readonly Trajectory[];
  /** Past turns in the inputs: as many as when the variant is to play. Default 8. */
  historyLength?: number;
}

/** What `lab.teach` has done. */
export interface Taught {
  /** Examples that were not there. */
  written: number;
  /** All that the variant has now. */
  examples: number;
}

export interface TeachContext {
  client: GatewayClient;
  clickhouse: ClickHouseClient;
  variants: ReadonlyMap<string, VariantInfo>;
}

/** Inputs that are embedded by one request. */
const BATCH = 128;

const OPTIONS: Record<keyof TeachOptions, true> = {
  variant: true,
  episodes: true,
  historyLength: true,
};

/** @throws ExamplesError, GatewayError */
export async function teach(
  { client, clickhouse, variants }: TeachContext,
  options: TeachOptions,
): Promise<Taught> {
  checkOptions(ExamplesError, "lab.teach", options, OPTIONS);
  const { variant, episodes, historyLength = 8 } = options;
  const inContext = [...variants].filter(([, info]) => info.embeddingModel !== null);
  refuseUnknown(
    "variant of in-context learning:",
    variant,
    inContext.map(([name]) => name),
  );
  const info = variants.get(variant) as VariantInfo;
  checkHistoryLength(historyLength);
  if (!Array.isArray(episodes))
    throw new ExamplesError(
      `episodes is ${inspect(episodes, { depth: 0 })}: it must be a list, such as \`train\` of what lab.examples gives`,
    );
  const { known, size } = await bankOf(clickhouse, info.function, variant);
  const fresh: Row[] = [];
  for (const episode of episodes)
    for (const row of rowsOf(episode, variant, info, historyLength)) {
      if (known.has(row.hash)) continue;
      known.add(row.hash);
      fresh.push(row);
    }
  for (let start = 0; start < fresh.length; start += BATCH) {
    const batch = fresh.slice(start, start + BATCH);
    const inputs = batch.map(({ input }) => input);
    const embeddings = await client.embed(info.embeddingModel as string, inputs);
    const given = at(embeddings, 0).length;
    if (size !== null && given !== size)
      throw new ExamplesError(
        `${info.embeddingModel} gives embeddings of ${given} numbers, and the examples of ${variant} have some of ${size}: only those of one model can be compared. ${removal(info.function, variant)}`,
      );
    await clickhouse.insert({
      table: "DynamicInContextLearningExample",
      format: "JSONEachRow",
      clickhouse_settings: storedOnce(hashOf(variant, ...batch.map((row) => row.hash))),
      values: batch.map(({ input, output }, i) => ({
        ...{ id: uuidv7(), function_name: info.function, variant_name: variant, namespace: "" },
        ...{ input, output, embedding: embeddings[i] },
      })),
    });
  }
  return { written: fresh.length, examples: known.size };
}

interface Row {
  /** As TensorZero stores it: with the arguments of the templates. */
  input: string;
  output: string;
  /** Of both. */
  hash: string;
}

function* rowsOf(
  episode: Trajectory,
  variant: string,
  info: VariantInfo,
  historyLength: number,
): Generator<Row> {
  for (const { step, input, say } of renderTurns(episode, variant, info, historyLength)) {
    const action = taught(episode, at(episode.steps, step));
    if (action === null) continue;
    const { content: raw } = say(action);
    const example = {
      input: inputText(input),
      output: JSON.stringify({ raw, parsed: JSON.parse(raw) }),
    };
    yield { ...example, hash: hashOf(example.input, example.output) };
  }
}

/** The arguments of a JSON function. */
function inputText(input: ActInput): string {
  if ("messages" in input) throw new TypeError("A conversation is no input of a JSON function.");
  const content = [{ type: "template", name: "user", arguments: input.user }];
  return JSON.stringify({ system: input.system, messages: [{ role: "user", content }] });
}
