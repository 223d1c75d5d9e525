/** What the config says of how much one inference of a variant may take. */
export interface CallLimits {
  /** Tokens of an answer, at most, a model's hidden reasoning among them; null where nothing limits them. */
  maxTokens: number | null;
  /** How often providers may be asked, and may bill, for one inference: retries and further providers. */
  tries: number;
  /** Why `maxTokens` is null: "has no max_tokens". Null: it is not. */
  reason: string | null;
}

/** What matters here of a variant's table. */
export interface LimitedVariant {
  type?: string;
  maxTokens?: number;
  /** After the first try. */
  retries?: number;
  extraBody?: unknown;
  /** Prompts have pictures in them. */
  sendsPictures?: boolean;
  /** Its templates take in others, so that prompts can be longer than they tell. */
  includesOthers?: boolean;
  /** Prompts have earlier answers in them, as long as those were. */
  repeatsAnswers?: boolean;
}

/**
 * @param providers of its model; none for a model that is not written out, which has one
 */
export function callLimits(
  variant: LimitedVariant,
  providers: readonly { extraBody?: unknown }[],
): CallLimits {
  const { type = "chat_completion", maxTokens, retries = 0 } = variant;
  const tries = (1 + retries) * Math.max(1, providers.length);
  const changed = [variant, ...providers].some(({ extraBody }) => extraBody !== undefined);
  const unlimited = (reason: string) => ({ maxTokens: null, tries, reason });
  if (type !== "chat_completion") return unlimited(`is of the type ${type}`);
  if (changed) return unlimited("has an extra_body, which may change max_tokens");
  if (variant.includesOthers) return unlimited("has templates that include others");
  if (variant.repeatsAnswers) return unlimited("is shown its own answers, however long they are");
  if (variant.sendsPictures)
    return unlimited("is sent pictures, whose tokens each model counts in its own way");
  if (maxTokens === undefined) return unlimited("has no max_tokens");
  return { maxTokens, tries, reason: null };
}
