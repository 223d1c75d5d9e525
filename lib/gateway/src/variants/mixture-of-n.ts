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
  const answers = shownAnswers(candidates);
  const task =
    system === undefined
      ? ""
      : `The instructions for the task are:\n\n------\n${system}\n------\n\n`;
  const listed = answers.map((answer, index) => `${index}: ${answer}`).join("\n------\n");
  return {
    system:
      "Several models have answered the last message of a conversation. Write one answer that is better than each of " +
      "theirs: take what is right in them, drop what is wrong, and do not mention that there were several.\n\n" +
      `${task}Your answer must have the form that the task asks for.`,
    messages: [
      ...messages,
      {
        role: "user",
        content: [
          {
            type: "text",
            text: `The answers to fuse, each behind its index:\n------\n${listed}\n------`,
          },
        ],
      },
    ],
  };
}
