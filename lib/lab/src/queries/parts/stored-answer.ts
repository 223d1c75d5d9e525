import { type Answer, parseAnswer } from "../../agents/parse";

/** A model's answer as it is stored. */
export interface StoredOutput {
  /** JSON of `{ raw, parsed }`: the column `output` of JsonInference, or the `value` of a demonstration. */
  output: string;
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
  cut_off = [],
  auxiliary_content = "[]",
}: StoredOutput): StoredAnswer {
  const answer = rawText(output);
  const isCutOff = cut_off.some((call) => lastText(call) === answer);
  const read = parseAnswer(answer, isCutOff);
  return { answer, ...read, thinking: read.thinking ?? thoughts(auxiliary_content) };
}

function rawText(output: string): string | null {
  try {
    const raw: unknown = JSON.parse(output)?.raw;
    return typeof raw === "string" ? raw : null;
  } catch {
    return output;
  }
}

function thoughts(auxiliaryContent: string): string | null {
  const blocks: { type: string; text?: string }[] = JSON.parse(auxiliaryContent || "[]");
  const texts = blocks.flatMap(({ type, text }) => (type === "thought" && text ? [text] : []));
  return texts.length === 0 ? null : texts.join("\n\n");
}

/** What a model's call gave for an answer: its last text, or arguments of a tool call. */
function lastText(output: string): string | null {
  const blocks: { type: string; text?: string; arguments?: string }[] = JSON.parse(output);
  const last = blocks.findLast(({ type }) => type === "text" || type === "tool_call");
  return last?.text ?? last?.arguments ?? null;
}
