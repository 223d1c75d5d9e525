import { readFormAnswer } from "../../agents/balrog-like/answer";
import { type Form, forms } from "../../agents/balrog-like/forms";
import { type Answer, parseAnswer } from "../../agents/parse";

/** A model's answer as it is stored. */
export interface StoredOutput {
  /** JSON of `{ raw, parsed }`: the column `output` of JsonInference, or the `value` of a demonstration. With a form: content blocks. */
  output: string;
  /** That of a BALROG-like agent. Default: "", a JSON function's. */
  form?: string;
  /** The column `output` of those of the inference's model calls that stopped at their token limit. Default: none. */
  cut_off?: readonly string[];
  /** The column `auxiliary_content` of JsonInference: what the model gave beside its answer, such as its reasoning. Default: nothing. */
  auxiliary_content?: string;
}

export interface StoredAnswer extends Answer {
  /** The model's text, to its last character; null when it gave none. */
  answer: string | null;
}

/**
 * The one reader of stored answers: ClickHouse hands on the text, and `parseAnswer`, by which episodes are played, says what
 * it means. ClickHouse's own JSON functions read repeated keys, half emoji, great numbers and deep nesting in another way.
 *
 * An `output` that is no JSON, which no gateway writes, stands for the answer itself: invalid, and there to be seen.
 */
export function storedAnswer({
  output,
  form = "",
  cut_off = [],
  auxiliary_content = "[]",
}: StoredOutput): StoredAnswer {
  if (form !== "") return chatAnswer(form, output, cut_off);
  const answer = rawText(output);
  const isCutOff = cut_off.some((call) => lastText(call) === answer);
  const read = parseAnswer(answer, isCutOff);
  return {
    answer,
    ...read,
    thinking: read.thinking ?? thoughts(JSON.parse(auxiliary_content || "[]")),
  };
}

export function isForm(name: string): name is Form {
  return (forms as readonly string[]).includes(name);
}

/** A conversation that somebody else has had with the function, without a form, is read as naive. */
function chatAnswer(form: string, output: string, cut_off: readonly string[]): StoredAnswer {
  const blocks = blocksOf(output);
  const answer = blocks === null ? output : allText(blocks);
  const isCutOff = cut_off.some((call) => allText(blocksOf(call) ?? []) === answer);
  const { candidate: _, ...read } = readFormAnswer(isForm(form) ? form : "naive", answer, isCutOff);
  return { answer, ...read, thinking: read.thinking ?? thoughts(blocks ?? []) };
}

interface Block {
  type: string;
  text?: string;
}

/** Null: the text is no list of content blocks. */
function blocksOf(output: string): Block[] | null {
  try {
    const blocks: unknown = JSON.parse(output);
    const isBlock = (block: unknown) => typeof block === "object" && block !== null;
    return Array.isArray(blocks) && blocks.every(isBlock) ? (blocks as Block[]) : null;
  } catch {
    return null;
  }
}

/** As the gateway answers a chat's blocks. */
function allText(blocks: readonly Block[]): string | null {
  const texts = blocks.flatMap(({ type, text }) => (type === "text" ? [text ?? ""] : []));
  return texts.length === 0 ? null : texts.join("\n");
}

function rawText(output: string): string | null {
  try {
    const raw: unknown = JSON.parse(output)?.raw;
    return typeof raw === "string" ? raw : null;
  } catch {
    return output;
  }
}

function thoughts(blocks: readonly Block[]): string | null {
  const texts = blocks.flatMap(({ type, text }) => (type === "thought" && text ? [text] : []));
  return texts.length === 0 ? null : texts.join("\n\n");
}

/** What a model's call gave for an answer: its last text, or arguments of a tool call. */
function lastText(output: string): string | null {
  const blocks: { type: string; text?: string; arguments?: string }[] = JSON.parse(output);
  const last = blocks.findLast(({ type }) => type === "text" || type === "tool_call");
  return last?.text ?? last?.arguments ?? null;
}
