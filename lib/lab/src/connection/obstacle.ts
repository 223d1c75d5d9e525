import type { GatewayConfig, ProviderConfig } from "embedded-gateway";
import {
  findApiKey,
  messageOf,
  outboundFetch,
  RedirectError,
  shorthandModel,
} from "embedded-gateway";
import { type GatewayClient, GatewayError } from "./client";

/** A server that takes longer is busy, but it is there. */
const PATIENCE_MS = 10_000;

/** What a gateway says, in TensorZero's words, of a missing or a wrong key; the last are Google's own, which come with a 400. */
const KEY = /API key missing[^"]*|Error 401\b[^:"]*|API key not valid[^"]*/;

/** And of other reasons that it cannot call a model for: no server, no model. */
const OBSTACLES = new RegExp(
  `${KEY.source}|Error sending request[^"]*|Model name [^"]* not found[^"]*`,
);

/** How an error begins that may pass: it is of a provider that was reached, or would have been. */
const MAY_PASS = /\bError (?!40[01]\b)(\d{3}|from|sending)\b|\btimed out\b/;

/** Whether an inference failed for want of a key: of all that were asked, each had a wrong one, or none was there. */
export function isForKey(error: unknown): boolean {
  if (!(error instanceof GatewayError)) return false;
  return error.status === 401 || (KEY.test(error.message) && !MAY_PASS.test(error.message));
}

/**
 * Why a remote gateway cannot call a model; null when it can. The keys are its own, so it is asked, by an inference of one
 * token that is not stored. Other errors, such as too many requests, are no obstacle.
 */
export async function remoteObstacle(client: GatewayClient, model: string): Promise<string | null> {
  try {
    await client.tryModel(model, PATIENCE_MS);
    return null;
  } catch (error) {
    return OBSTACLES.exec(messageOf(error))?.[0] ?? null;
  }
}

/** Why the embedded gateway cannot call a model: no key, or no server where none is needed; null when it can. */
export async function embeddedObstacle(
  config: GatewayConfig,
  env: NodeJS.ProcessEnv,
  model: string,
): Promise<string | null> {
  const { providers } = config.models.get(model) ?? shorthandModel(model) ?? { providers: [] };
  const obstacles = await Promise.all(providers.map((provider) => obstacleOf(provider, env)));
  return obstacles.includes(null) ? null : obstacles.join("; ");
}

async function obstacleOf(
  { apiKey, apiBase }: ProviderConfig,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  try {
    const key = findApiKey(apiKey, env, {});
    if (key === "" && apiKey.kind === "env") return `${apiKey.name} is empty`;
    if (key !== undefined) return null;
  } catch (error) {
    return messageOf(error);
  }
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const { body } = await outboundFetch(env)(`${apiBase}models`, { signal });
    await body?.cancel();
    return null;
  } catch (error) {
    if (error instanceof RedirectError) return error.message;
    return signal.aborted ? null : `no server answers at ${apiBase}`;
  }
}
