import { parseMission } from "./mission";
import { parseObservation } from "./observation";
import { type ChatMessage, missionIn, type Prompt, parseAction, type ReadTurn } from "./prompt";
import { UnreadablePrompt } from "./prompt-error";

const heading = /^(?:Current o|O)bservation:$\n?/gm;
const played = /"([^"\n]+)" was played in its place/;
const answered = /(?:ACTION:|<\|ACTION\|>) *([a-z ]+?) *(?:<\|END\|>)?\s*$/;

/**
 * Reads a conversation that the templates in config/functions/act_in_chat render. What was shown of another's episode is not
 * read: the rules need no example.
 */
export function readConversation(messages: readonly ChatMessage[]): Prompt {
  const start = messages.findLastIndex(({ content }) => content.startsWith("=== Now you play"));
  const own = messages.slice(Math.max(start, 0) + 1);
  let turns: ReadTurn[] = [];
  let last: { observation: string; answer: string | null } | null = null;
  for (const { role, content } of own) {
    if (role === "assistant") {
      if (last !== null) last.answer = content;
      continue;
    }
    const [, default_] = played.exec(content) ?? [];
    if (last !== null) {
      const action = default_ ?? answered.exec(last.answer ?? "")?.[1] ?? last.answer ?? "";
      turns.push({
        observation: parseObservation(last.observation),
        action: parseAction(action),
      });
    }
    const observation = observationIn(content);
    // Past what is shown nothing can be placed on the map.
    if (observation === null) turns = [];
    last = observation === null ? null : { observation, answer: null };
  }
  if (last === null) {
    throw new UnreadablePrompt(
      'No observation found. Expected a last message that begins with "Current observation:", in a line of its own.',
    );
  }
  const asked = own.at(-1)?.content ?? "";
  return {
    mission: parseMission(missionIn(messages)),
    observation: parseObservation(last.observation),
    turns,
    wantsThinking: /\bthinking\b/.test(asked),
    asks: asked.includes("<|ACTION|>") ? "tags" : asked.includes("ACTION:") ? "line" : "action",
  };
}

/** The text below the last heading, to the next blank line; null where the heading is all there is, or there is none. */
function observationIn(content: string): string | null {
  const end = [...content.matchAll(heading)].map((match) => match.index + match[0].length).at(-1);
  if (end === undefined || !/\n/.test(content)) return null;
  return content.slice(end).split("\n\n")[0]?.trim() ?? "";
}
