import type { MixtureOfNConfig } from "../config/types";
import { readCandidates, readNested } from "../config/variants";
import { asGatewayError } from "../errors";
import {
  callsOf,
  inferCandidates,
  noteFailed,
  shownAnswers,
  streamOf,
  takeOne,
} from "./candidates";
import { askModel, type Prompt, renderPrompt, streamFromModel } from "./chat-completion";
import type { Run, VariantResult, VariantStream, VariantType } from "./run";

/** Lets a fuser write one answer out of the candidates'; where it fails, chance picks a candidate. */
export const mixtureOfN: VariantType<MixtureOfNConfig> = {
  read: (table, base, context) => ({
    ...base,
    type: "experimental_mixture_of_n",
    candidates: readCandidates(table),
    fuser: readNested(table, "fuser", context),
  }),
  infer: inferMixtureOfN,
  stream: streamMixtureOfN,
};

async function inferMixtureOfN(variant: MixtureOfNConfig, run: Run): Promise<VariantResult> {
  const { candidates, failed } = await inferCandidates(variant.candidates, run);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1)
    return { ...only, calls: noteFailed(only.calls, failed) };
  try {
    const fused = await askModel(
      variant.fuser,
      fuserRun(run),
      fuserPrompt(variant, run, candidates),
    );
    return { ...fused, calls: noteFailed([...fused.calls, ...callsOf(candidates)], failed) };
  } catch (error) {
    run.call.signal.throwIfAborted();
    return withoutFuser(candidates, failed, error);
  }
}

/** The candidates answer in one piece, the fuser streams. */
async function streamMixtureOfN(variant: MixtureOfNConfig, run: Run): Promise<VariantStream> {
  const { candidates, failed } = await inferCandidates(variant.candidates, run);
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1)
    return streamOf({ ...only, calls: noteFailed(only.calls, failed) });
  try {
    const stream = await streamFromModel(
      variant.fuser,
      fuserRun(run),
      fuserPrompt(variant, run, candidates),
    );
    const previous = noteFailed(callsOf(candidates), failed);
    const result = () => {
      const fused = stream.result();
      return { ...fused, calls: [...fused.calls, ...previous] };
    };
    return { chunks: stream.chunks, result, previous, call: stream.call };
  } catch (error) {
    run.call.signal.throwIfAborted();
    return streamOf(withoutFuser(candidates, failed, error));
  }
}

function withoutFuser(
  candidates: VariantResult[],
  failed: string[],
  fuserError: unknown,
): VariantResult {
  const { chosen, others } = takeOne(candidates, null);
  const calls = noteFailed(chosen.calls, failed, asGatewayError(fuserError).rawResponses);
  return { ...chosen, calls: [...calls, ...callsOf(others)], originalResponse: undefined };
}

function fuserRun(run: Run): Run {
  return { ...run, params: {} };
}

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
