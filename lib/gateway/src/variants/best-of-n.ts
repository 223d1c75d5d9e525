import { isRecord } from "../basics/reader";
import { JsonSchema } from "../config/schema";
import type { BestOfNConfig } from "../config/types";
import { readCandidates, readNested } from "../config/variants";
import { callsOf, fromCandidates, noteFailed, shownAnswers, streamOf, takeOne } from "./candidates";
import { askModel, type Prompt, renderPrompt } from "./chat-completion";
import type { Run, VariantResult, VariantType } from "./run";

/** What the evaluator has to answer. */
const CHOICE = new JsonSchema({
  type: "object",
  properties: { thinking: { type: "string" }, answer_choice: { type: "integer" } },
  required: ["thinking", "answer_choice"],
  additionalProperties: false,
});

/** Lets an evaluator choose among the candidates' answers; where it fails, chance does. */
export const bestOfN: VariantType<BestOfNConfig> = {
  read: (table, base, context) => ({
    ...base,
    type: "experimental_best_of_n_sampling",
    candidates: readCandidates(table),
    evaluator: readNested(table, "evaluator", context),
  }),
  infer: (variant, run) => choose(variant, run, (result) => result),
  stream: (variant, run) => choose(variant, run, streamOf),
};

function choose<T>(variant: BestOfNConfig, run: Run, asAnswer: (result: VariantResult) => T) {
  const decide = async (candidates: VariantResult[], failed: string[]) => {
    const { result, choice } = await judge(variant, run, candidates);
    const { chosen, others } = takeOne(candidates, choice);
    const calls = [...noteFailed(chosen.calls, failed), ...callsOf(others), ...result.calls];
    return asAnswer({ ...chosen, calls, originalResponse: result.originalResponse });
  };
  return fromCandidates(variant.candidates, run, decide, asAnswer);
}

async function judge(variant: BestOfNConfig, run: Run, candidates: VariantResult[]) {
  const { evaluator } = variant;
  const prompt = evaluatorPrompt(renderPrompt(evaluator, run), shownAnswers(candidates));
  const params = { json_mode: evaluator.jsonMode ?? ("strict" as const) };
  const result = await askModel(
    evaluator,
    { ...run, tools: undefined, outputSchema: CHOICE, params },
    prompt,
  );
  return { result, choice: readChoice(result, candidates.length) };
}

/** The index that the evaluator chose; null if its answer holds none. */
function readChoice({ output }: VariantResult, count: number): number | null {
  const block = output.find(({ type }) => type !== "thought");
  const text =
    block?.type === "tool_call" ? block.arguments : block?.type === "text" ? block.text : "";
  try {
    const parsed: unknown = JSON.parse(text);
    const choice: unknown = isRecord(parsed) ? parsed.answer_choice : undefined;
    return typeof choice === "number" && Number.isInteger(choice) && choice >= 0 && choice < count
      ? choice
      : null;
  } catch {
    return null;
  }
}

function evaluatorPrompt({ system, messages }: Prompt, answers: string[]): Prompt {
  const task =
    system === undefined
      ? ""
      : `The instructions for the task were:\n\n------\n${system}\n------\n\n`;
  const listed = answers.map((answer, index) => `${index}: ${answer}`).join("\n------\n");
  return {
    system:
      "You are the judge of several candidate answers to the last message of a conversation. Weigh them against the " +
      `conversation and choose the best one.\n\n${task}` +
      'Answer with one JSON object: "thinking", where you compare the candidates, then "answer_choice", the index of the ' +
      `best one, from 0 to ${answers.length - 1}.`,
    messages: [
      ...messages,
      {
        role: "user",
        content: [
          {
            type: "text",
            text: `The candidates, each behind its index:\n------\n${listed}\n------\nWhich one is the best? Answer in JSON.`,
          },
        ],
      },
    ],
  };
}
