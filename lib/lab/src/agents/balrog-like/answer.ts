import type { ActionName } from "babyai";
import { type Answer, isActionName } from "../parse";
import type { Form } from "./forms";

/** What a BALROG-like agent's answer says. */
export interface FormAnswer extends Answer {
  /** What the form's rule makes of the answer, and what later messages show as played: an action when it is one, to the letter. */
  candidate: string;
}

/** Python's whitespace, by which BALROG's rules go. JavaScript's lacks U+001C to U+001F and U+0085, and has U+FEFF. */
const SPACE =
  "\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const isSpace = new RegExp(`[${SPACE}]`);
const notLetters = new RegExp(`[^a-zA-Z:${SPACE}]`, "g");

const START = "<|ACTION|>";
const END = "<|END|>";

/**
 * Reads an answer by the rules of BALROG's agents (balrog-ai/BALROG at af7d1f1, balrog/agents): only letters, whitespace and colons
 * stay, and of those what follows the last "ACTION:" where the agent thinks first; robust agents take what stands between
 * the tags. Nothing else is mended: what is then no action, to the letter, is invalid.
 *
 * @param cutOff the model stopped at its token limit. Default false.
 */
export function readFormAnswer(form: Form, content: string | null, cutOff = false): FormAnswer {
  const text = strip(content ?? "");
  const candidate = candidateOf(form, text);
  const thinking = (form === "cot" || form === "robust_cot") && text !== "" ? text : null;
  if (isActionName(candidate)) return { candidate, action: candidate, thinking, invalid: null };
  const invalid = cutOff
    ? "cut off by the token limit"
    : text === ""
      ? "empty"
      : "not an action alone";
  return { candidate, action: null, thinking, invalid };
}

/** How an answer in the form says an action, after some thinking where it is asked for that. */
export function answerIn(form: Form, action: ActionName, thinking: string): string {
  const tagged = `${START}${action}${END}`;
  if (form === "cot") return `${thinking} ACTION: ${action}`;
  if (form === "robust_cot") return `${thinking} ${tagged}`;
  return form === "robust_naive" ? tagged : action;
}

function candidateOf(form: Form, text: string): string {
  switch (form) {
    case "cot":
      return strip(letters(text).split("ACTION:").at(-1) ?? "");
    case "robust_naive":
      return between(text) ?? text;
    case "robust_cot":
      return between(text) ?? "no action between the tags";
    default:
      return letters(text);
  }
}

function letters(text: string): string {
  return text.replace(notLetters, "");
}

function between(text: string): string | null {
  const start = text.indexOf(START);
  const end = start < 0 ? -1 : text.indexOf(END, start + START.length);
  return end < 0 ? null : strip(text.slice(start + START.length, end));
}

function strip(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isSpace.test(text.charAt(start))) start++;
  while (end > start && isSpace.test(text.charAt(end - 1))) end--;
  return text.slice(start, end);
}
