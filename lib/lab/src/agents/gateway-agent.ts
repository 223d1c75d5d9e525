import type { Inference, InferenceRequest } from "../connection/client";
import { DEFAULT_ACTION, type InvalidReason, parseAnswer } from "./parse";
import type { Agent, Decision } from "./play";
import { type ActArguments, type ActFunction, actArguments } from "./prompt";

/** A variant of the configuration, as it is asked in one episode. */
export interface GatewayAgentOptions<I extends Inference> {
  functionName: ActFunction;
  variant: string;
  /** Turns of the past that the prompt shows, see `formatHistory`. */
  historyLength: number;
  /** Of every inference; `step` joins them. */
  tags: Readonly<Record<string, string>>;
  /** Sends a request to the gateway. */
  infer(request: InferenceRequest, args: ActArguments): Promise<I>;
}

export interface GatewayDecision<I extends Inference = Inference> extends Decision {
  inference: I;
  /** Why the answer was no valid action, and `action` is the default; null for one that was. */
  invalid: InvalidReason | null;
}

/** Asks the gateway at each turn. The first inference's `episode_id`, given by the gateway, goes with all that follow: one agent plays one episode. */
export function gatewayAgent<I extends Inference>({
  functionName,
  variant,
  historyLength,
  tags,
  infer,
}: GatewayAgentOptions<I>): Agent<GatewayDecision<I>> {
  let episodeId: string | undefined;
  return {
    async act({ step, mission, observation, past }) {
      const args = actArguments(mission, observation.text, past, historyLength);
      const { system, user } = args;
      const request = {
        functionName,
        variantName: variant,
        episodeId,
        system,
        user: { ...user },
        tags: { ...tags, step: String(step) },
      };
      const inference = await infer(request, args);
      episodeId = inference.episodeId;
      const { action, invalid } = parseAnswer(
        inference.content,
        inference.finishReason === "length",
      );
      return { action: action ?? DEFAULT_ACTION, inference, invalid };
    },
  };
}
