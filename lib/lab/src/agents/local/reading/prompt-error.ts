/** The prompt lacks what the rules must read, or says it in words that they do not know. */
export class UnreadablePrompt extends Error {
  override name = "UnreadablePrompt";
}
