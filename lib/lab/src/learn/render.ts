import type { ActionName } from "babyai";
import { answerIn } from "../agents/balrog-like/answer";
import { BalrogLikeDialogue } from "../agents/balrog-like/dialogue";
import type { Form } from "../agents/balrog-like/forms";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { type ActInput, actArguments, type PastTurn } from "../agents/prompt";
import { at } from "../basics/at";
import type { VariantInfo } from "../experiment/variants/variants";
import type { Trajectory, TrajectoryStep } from "../queries/trajectories";
import { ExamplesError } from "./examples-error";

/** One decision as trainers take it, in TRL's words: what the model is sent, and what it should answer. */
export interface Example {
  /** From 0. */
  step: number;
  inference_id: string;
  /** The action in `completion`. */
  action: ActionName;
  /** The action that was played here. */
  played: ActionName;
  prompt: readonly ChatMessage[];
  completion: readonly [ChatMessage];
}

/** The action that a step teaches: the demonstrated one, else the one that was answered. Null: neither is there. */
export function taught(
  { isDemonstration }: Trajectory,
  { demonstrated, answered }: TrajectoryStep,
): ActionName | null {
  return demonstrated ?? (isDemonstration ? null : answered.action);
}

/** A turn of an episode as a variant's model is sent it. */
export interface RenderedTurn {
  /** From 0. */
  step: number;
  /** What the variant is asked with: the arguments of its templates. */
  input: ActInput;
  prompt: readonly ChatMessage[];
  /** How an answer of the variant says an action. @throws ExamplesError it thinks before it acts, and there is no thinking */
  say(action: ActionName): ChatMessage;
}

/** An episode's turns by a variant's templates, one at a time. */
export function* renderTurns(
  episode: Trajectory,
  variant: string,
  info: VariantInfo,
  historyLength: number,
): Generator<RenderedTurn> {
  const ask = info.form === null ? singleTurns(historyLength) : conversation(info.form);
  for (const [step, stored] of episode.steps.entries()) {
    const say = (action: ActionName): ChatMessage => {
      const content = answerOf(episode, stored, action, info);
      if (content !== null) return { role: "assistant", content: content.toWellFormed() };
      throw new ExamplesError(
        `${variant} thinks before it acts, and step ${step} of episode ${episode.episode_id}, by ${episode.variant}, has no thinking to learn from. Give render: a variant that answers with the action alone, such as rule_based_history`,
      );
    };
    const input = ask(episode, step);
    yield { step, input, prompt: info.prompt(input), say };
  }
}

/** What the turns of an episode teach. One that teaches no action is not among them, but is part of the history of later ones. */
export function* examplesOf(
  episode: Trajectory,
  turns: Iterable<RenderedTurn>,
): Generator<Example> {
  for (const { step, prompt, say } of turns) {
    const stored = at(episode.steps, step);
    const action = taught(episode, stored);
    if (action === null) continue;
    const { inference_id, played } = stored;
    yield { step, inference_id, action, played, prompt, completion: [say(action)] };
  }
}

type Ask = (episode: Trajectory, step: number) => ActInput;

function singleTurns(historyLength: number): Ask {
  const past: PastTurn[] = [];
  return ({ mission, steps }, step) => {
    const { observation, played } = at(steps, step);
    const input = actArguments(mission, observation, past, historyLength);
    past.push({ observation, action: played });
    return input;
  };
}

function conversation(form: Form): Ask {
  const dialogue = new BalrogLikeDialogue(form);
  return (episode, step) => {
    const { observation: text, answered, played } = at(episode.steps, step);
    const input = dialogue.ask({ mission: episode.mission, observation: { text } });
    const said = episode.form === form && !episode.isDemonstration ? answered.answer : null;
    dialogue.read(said ?? answerIn(form, played, answered.thinking ?? ""), false);
    return input;
  };
}

/** Null: it should have some thinking, and there is none. */
function answerOf(
  { isDemonstration, form }: Trajectory,
  { answered }: TrajectoryStep,
  action: ActionName,
  info: VariantInfo,
): string | null {
  const isOwn = !isDemonstration && answered.action === action;
  if (info.form !== null && info.form === form && isOwn) return answered.answer;
  const thinking = isOwn ? answered.thinking : null;
  const thinks =
    info.form === null ? info.function === "act_with_reasoning" : /cot$/.test(info.form);
  if (thinks && thinking === null) return null;
  if (info.form !== null) return answerIn(info.form, action, thinking ?? "");
  // As the prompts show it, with a space after each colon: a server with a strict schema may write the frame itself.
  const before = thinks ? `"thinking": ${JSON.stringify(thinking)}, ` : "";
  return `{${before}"action": "${action}"}`;
}
