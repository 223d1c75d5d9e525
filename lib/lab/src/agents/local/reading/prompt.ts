import { type Mission, parseMission } from "./mission";
import { type Observation, parseObservation } from "./observation";
import { UnreadablePrompt } from "./prompt-error";

/** The six actions, as the prompts name them. */
export const actions = [
  "turn left",
  "turn right",
  "go forward",
  "pick up",
  "drop",
  "toggle",
] as const;

export type Action = (typeof actions)[number];

/** A chat message; content in parts is already joined. */
export interface ChatMessage {
  role: string;
  content: string;
}

/** A past turn of the prompt's. */
export interface ReadTurn {
  observation: Observation;
  action: Action;
}

/** What the rules read off the chat messages. */
export interface Prompt {
  mission: Mission;
  observation: Observation;
  /** Oldest first, `[]` at an episode's start; undefined when the prompt shows no history at all. */
  turns?: ReadTurn[];
  /** Whether the prompt asks for the thinking before the action. */
  wantsThinking: boolean;
  /** What it asks for: JSON, the action alone, a line "ACTION: …", or the action between tags. */
  asks: "JSON" | "action" | "line" | "tags";
}

const missionLine = /\bmission: *([^.\n]+)/i;
const currentObservation = /^Current observation:\n((?:.+(?:\n|$))*)/m;
const pastTurn = /^Turn \d+\. You saw:\n((?:.*\n)*?)You did: (.*)$/gm;
const lastAction = /^You did: .*\n/;
const firstTurn = /^This is your first turn\b/m;

/** The parts of a prompt, word for word. */
export interface PromptTexts {
  mission: string;
  observation: string;
  /** Past turns, oldest first. */
  turns: readonly { saw: string; did: string }[];
}

/**
 * Finds the parts of the prompt that the templates in config/functions/act render.
 *
 * @throws UnreadablePrompt that says what was expected
 */
export function promptTexts(messages: readonly ChatMessage[]): PromptTexts {
  const text = messages.map((message) => message.content).join("\n\n");
  const mission = missionIn(messages);
  // A prompt without headings, such as compact's, has the last action and the observation in its last message, and nothing else.
  const observation =
    currentObservation.exec(text)?.[1] ??
    messages.findLast(({ role }) => role === "user")?.content.replace(lastAction, "");
  if (observation === undefined) {
    throw new UnreadablePrompt(
      'No observation found. Expected a line "Current observation:" followed by the observation and a blank line, or a last user message that holds the observation alone.',
    );
  }
  const turns = [...text.matchAll(pastTurn)].map(([, saw = "", did = ""]) => ({ saw, did }));
  return { mission, observation, turns };
}

/**
 * Reads the prompt that the templates in config/functions/act render.
 *
 * @throws UnreadablePrompt that says what was expected
 */
export function readPrompt(messages: readonly ChatMessage[]): Prompt {
  const { mission, observation, turns } = promptTexts(messages);
  const text = messages.map((message) => message.content).join("\n\n");
  const read = turns.map(({ saw, did }) => ({
    observation: parseObservation(saw),
    action: parseAction(did),
  }));
  return {
    mission: parseMission(mission),
    observation: parseObservation(observation),
    ...((read.length > 0 || firstTurn.test(text)) && { turns: read }),
    wantsThinking: text.includes('"thinking"'),
    asks: "JSON",
  };
}

/** @throws UnreadablePrompt */
export function missionIn(messages: readonly ChatMessage[]): string {
  for (const { content } of messages) {
    const [, mission] = missionLine.exec(content) ?? [];
    if (mission !== undefined) return mission;
  }
  throw new UnreadablePrompt('No mission found. Expected "mission: <mission>." in a message.');
}

/** @throws UnreadablePrompt */
export function parseAction(text: string): Action {
  const action = actions.find((known) => known === text);
  if (action) return action;
  throw new UnreadablePrompt(
    `The past action ${JSON.stringify(text)} is unknown. Expected one of ${actions.join(", ")}.`,
  );
}
