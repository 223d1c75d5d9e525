import { performance } from "node:perf_hooks";
import { make } from "babyai";
import { chatCompletions, connect, createGateway, inProcess, reachModels } from "embedded-gateway";
import { BalrogLikeDialogue } from "../agents/balrog-like/dialogue";
import { singleTurns } from "../agents/gateway-agent";
import { localModels } from "../agents/local/app";
import { povPng } from "../agents/picture";
import { didYouMean } from "../basics/did-you-mean";
import { GatewayClient, type InferenceRequest } from "../connection/client";
import { isTimeout } from "../experiment/play/inference-timeout";
import { explainAway } from "../experiment/play/server-away";
import { readVariants, type VariantInfo } from "../experiment/variants/variants";
import { configFiles } from "../project/config-files";
import { ModelError } from "./model-error";
import { modelFiles } from "./model-files";

/** What a model answered to one observation. */
export interface ModelCheck {
  variant: string;
  mission: string;
  observation: string;
  /** Null: none at all. */
  answer: string | null;
  /** Why the answer names no action; null when it does. */
  invalid: string | null;
  inputTokens: number | null;
  outputTokens: number | null;
  seconds: number;
}

/**
 * Has a variant choose the first action of an episode (goto, seed 200), through the embedded gateway and with nothing
 * stored.
 *
 * @param name a file of config/models, whose first variant is taken, or a variant
 * @throws ModelError there is no such file or variant, or no answer came in time
 * @throws ServerAwayError, GatewayError the model gave no answer; the message says why
 */
export async function checkModel(
  root: string,
  env: NodeJS.ProcessEnv,
  name: string,
): Promise<ModelCheck> {
  const { info, ...variant } = findVariant(root, name);
  const episode = make("BabyAI-MixedTrainLocal-v0/goto");
  const { observation } = episode.reset({ seed: 200 });
  const dialogue = info.form === null ? singleTurns(0) : new BalrogLikeDialogue(info.form);
  const { mission } = observation;
  const asked = dialogue.ask({ step: 0, mission, observation, past: [] });
  const clickhouse = await connect({ dataDir: ":memory:" });
  try {
    const gateway = await createGateway({
      configPath: configFiles(root),
      clickhouse,
      env,
      fetch: reachModels(localModels(), env),
    });
    // A check says what the first try says, at once.
    for (const chat of chatCompletions(gateway.config.functions)) chat.retries.numRetries = 0;
    const client = new GatewayClient({ url: "http://embedded", fetch: inProcess(gateway.app) });
    const started = performance.now();
    const pictures = info.pictures === "none" ? undefined : [{ turn: 1, png: povPng(episode) }];
    const request = { ...variant, ...asked, pictures };
    const answered = client.infer(request).catch((error) => {
      throw explain(error, info);
    });
    const { content, finishReason, inputTokens, outputTokens } = await answered;
    const seconds = (performance.now() - started) / 1000;
    await gateway.close();
    return {
      variant: variant.variantName,
      mission,
      observation: observation.text,
      answer: content,
      invalid: dialogue.read(content, finishReason === "length").invalid,
      inputTokens,
      outputTokens,
      seconds,
    };
  } finally {
    await clickhouse.close();
  }
}

/** What an inference failed by, with what to do. */
function explain(error: unknown, { model, servers }: VariantInfo): unknown {
  const away = explainAway(error, { model: model ?? "the model", servers });
  if (away !== error || !isTimeout(error)) return away;
  const where = servers.length === 0 ? "The model" : `The server at ${servers.join(" or ")}`;
  return new ModelError(
    "timed_out",
    `${where} did not answer in time (${error.message}). A model that is loaded first may answer a second try. If it is slow, ` +
      "raise `timeouts` of the variant in config/; if it hangs, restart it.",
    { cause: error },
  );
}

function findVariant(
  root: string,
  name: string,
): Pick<InferenceRequest, "functionName" | "variantName"> & { info: VariantInfo } {
  const files = modelFiles(root);
  const variants = readVariants(configFiles(root));
  const variantName = files.find((file) => file.name === name)?.variants[0] ?? name;
  const info = variants.get(variantName);
  if (info !== undefined) return { functionName: info.function, variantName, info };
  throw new ModelError(
    "not_there",
    `There is no model and no variant ${JSON.stringify(name)}.${didYouMean(name, [...files.map((file) => file.name), ...variants.keys()])} config/models has: ${files.map((file) => file.name).join(", ") || "nothing"}; npm run model -- list lists all variants.`,
  );
}
