import { isRecord } from "../basics/reader";
import { JsonSchema } from "../config/schema";
import type { BestOfNConfig } from "../config/types";
import { readCandidates, readNested } from "../config/variants";
import {
  callsOf,
  fromCandidates,
  noteFailed,
  type ShownAnswer,
  shownAnswers,
  streamOf,
  takeOne,
} from "./candidates";
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
    return asAnswer({ ...chosen, calls });
  };
  return fromCandidates(variant.candidates, run, decide, asAnswer);
}

async function judge(variant: BestOfNConfig, run: Run, candidates: VariantResult[]) {
  const { evaluator } = variant;
  const shown = shownAnswers(candidates, run);
  const prompt = evaluatorPrompt(renderPrompt(evaluator, run), shown);
  const params = { json_mode: evaluator.jsonMode ?? ("strict" as const) };
  const result = await askModel(
    evaluator,
    { ...run, tools: undefined, outputSchema: CHOICE, params },
    prompt,
  );
  const choice = readChoice(result, shown.length);
  return { result, choice: choice === null ? null : (shown[choice]?.place ?? null) };
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

/** In our words, with what TensorZero's own prompt says, in its order. */
function evaluatorPrompt({ system, messages }: Prompt, answers: readonly ShownAnswer[]): Prompt {
  const task =
    system === undefined
      ? ""
      : `Whoever answered was given these instructions for the task:\n------\n${system}\n------\n`;
  const listed = answers.map(({ text }, index) => `${index}: ${text}`).join("\n------\n");
  return {
    system:
      `You help by ranking candidate answers to a problem anew.\n${task}` +
      "What follows are the messages of the conversation between user and assistant so far, and one last message that lists the " +
      "candidate answers.\n" +
      "Judge the candidates and give your reasons and the index of the best one as JSON of this form:\n" +
      `{\n    "thinking": "your reasons",\n    "answer_choice": int  // from 0 to ${answers.length - 1}\n}\n` +
      'In "thinking":\nGo through the answers one by one first, hold each against the conversation, and find out whether it is a ' +
      "good answer.\nThen reason in words about which of them is the best and keeps closest to the instructions.\n" +
      'In "answer_choice": the index of the best answer.',
    messages: [
      ...messages,
      {
        role: "user",
        content: [
          {
            type: "text",
            text: `These are the candidate answers, each behind its index, with a line of ------ between them:\n${listed}\n------\nJudge them and give the index of the best one.`,
          },
        ],
      },
    ],
  };
}
