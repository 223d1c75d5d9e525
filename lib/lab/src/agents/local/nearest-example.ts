import type { ModelFunction } from "./own-models";
import { UnreadablePrompt } from "./reading/prompt-error";

/**
 * Repeats the answer of the first example in its prompt, which of in-context learning's examples is the nearest one: what the
 * retrieval alone does, to stand beside a model that reads the examples.
 *
 * @throws UnreadablePrompt there is none
 */
export const nearestExampleModel: ModelFunction = (messages) => {
  const example = messages.find(({ role }) => role === "assistant");
  if (example !== undefined) return example.content;
  throw new UnreadablePrompt(
    "No example found. Expected pairs of messages, input and answer, before the last one: of a variant of in-context learning those that lab.teach has stored for it.",
  );
};
