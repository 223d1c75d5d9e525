import type { MixtureOfNConfig } from "../config/types";
import { readCandidates, readNested } from "../config/variants";
import { callsOf, fromCandidates, noteFailed, shownAnswers, streamOf } from "./candidates";
import { askModel, type Prompt, renderPrompt, streamFromModel } from "./chat-completion";
import type { Run, VariantResult, VariantType } from "./run";

/** Lets a fuser write one answer out of the candidates'; where it fails, chance picks a candidate. */
export const mixtureOfN: VariantType<MixtureOfNConfig> = {
  read: (table, base, context) => ({
    ...base,
    type: "experimental_mixture_of_n",
    candidates: readCandidates(table),
    fuser: readNested(table, "fuser", context),
  }),
  infer(variant, run) {
    const fuse = async (candidates: VariantResult[], failed: string[]) => {
      const prompt = fuserPrompt(variant, run, candidates);
      const fused = await askModel(variant.fuser, { ...run, params: {} }, prompt);
      return { ...fused, calls: noteFailed([...fused.calls, ...callsOf(candidates)], failed) };
    };
    return fromCandidates(variant.candidates, run, fuse, (result) => result);
  },
  /** The candidates answer in one piece, the fuser streams. */
  stream(variant, run) {
    const fuse = async (candidates: VariantResult[], failed: string[]) => {
      const prompt = fuserPrompt(variant, run, candidates);
      const stream = await streamFromModel(variant.fuser, { ...run, params: {} }, prompt);
      const previous = noteFailed(callsOf(candidates), failed);
      const result = () => {
        const fused = stream.result();
        return { ...fused, calls: [...fused.calls, ...previous] };
      };
      return { ...stream, result, previous };
    };
    return fromCandidates(variant.candidates, run, fuse, streamOf);
  },
};

function fuserPrompt(variant: MixtureOfNConfig, run: Run, candidates: VariantResult[]): Prompt {
  const { system, messages } = renderPrompt(variant.fuser, run);
  const answers = shownAnswers(candidates, run);
  const task =
    system === undefined
      ? ""
      : `Whoever answered was given these instructions for the task:\n------\n${system}\n------\n`;
  const listed = answers.map(({ text }, index) => `${index}:\n${text}`).join("\n------\n");
  return {
    system:
      "Several models have answered what the user asked last, and you are given all of their answers.\n" +
      "Make one answer of high quality out of them. Look at what they say with a critical eye: some of it may be biased or " +
      "wrong. Do not just repeat the given answers. Give one that is refined, right and complete, follows the instructions, and " +
      "takes the best from each. See that it is well ordered and coherent, and as accurate and reliable as can be.\n" +
      `${task}What follows are the messages so far, and one last message that lists the candidate answers.`,
    messages: [
      ...messages,
      {
        role: "user",
        content: [
          {
            type: "text",
            text: `These are the candidate answers, each behind its index, with a line of ------ between them:\n${listed}\n------`,
          },
        ],
      },
    ],
  };
}
