import type { Inference, InferenceRequest, Picture } from "../connection/client";
import { type Answer, DEFAULT_ACTION, type InvalidReason, parseAnswer } from "./parse";
import type { Agent, Decision, Turn } from "./play";
import { type ActFunction, type ActInput, actArguments } from "./prompt";

/** How an agent of one episode words its turns, and reads the answers. */
export interface Dialogue {
  ask(turn: Turn): ActInput;
  /** @param cutOff the model stopped at its token limit */
  read(content: string | null, cutOff: boolean): Answer;
}

/**
 * Each turn is asked by itself, with the past as an argument: the JSON functions.
 *
 * @param historyLength turns of the past that the prompt shows, see `formatHistory`
 */
export function singleTurns(historyLength: number): Dialogue {
  return {
    ask: ({ mission, observation, past }) =>
      actArguments(mission, observation.text, past, historyLength),
    read: parseAnswer,
  };
}

/** A variant of the configuration, as it is asked in one episode. */
export interface GatewayAgentOptions<I extends Inference> {
  functionName: ActFunction;
  variant: string;
  dialogue: Dialogue;
  /** Of how many of the latest observations it is sent pictures, and how the current one's is drawn. Default: none. */
  pictures?: { most: number; draw: () => Uint8Array };
  /** Of every inference; `step` joins them. */
  tags: Readonly<Record<string, string>>;
  /** Sends a request to the gateway. */
  infer(request: InferenceRequest, input: ActInput): Promise<I>;
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
  dialogue,
  pictures,
  tags,
  infer,
}: GatewayAgentOptions<I>): Agent<GatewayDecision<I>> {
  let episodeId: string | undefined;
  const seen: Picture[] = [];
  const look = (step: number) => {
    if (!pictures?.most) return undefined;
    seen.push({ turn: step + 1, png: pictures.draw() });
    return seen.slice(-pictures.most);
  };
  return {
    async act(turn) {
      const input = dialogue.ask(turn);
      const request = {
        functionName,
        variantName: variant,
        episodeId,
        ...input,
        pictures: look(turn.step),
        tags: { ...tags, step: String(turn.step) },
      };
      const inference = await infer(request, input);
      episodeId = inference.episodeId;
      const { action, invalid } = dialogue.read(
        inference.content,
        inference.finishReason === "length",
      );
      return { action: action ?? DEFAULT_ACTION, inference, invalid };
    },
  };
}
