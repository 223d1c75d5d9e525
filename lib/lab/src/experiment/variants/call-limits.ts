/** What the config says of how much one inference of a variant may take. */
export interface CallLimits {
  /** Tokens of an answer, at most, a model's hidden reasoning among them; null where nothing limits them. */
  maxTokens: number | null;
  /** How often providers may be asked, and may bill, for one inference: retries and further providers. */
  tries: number;
  /** Why `maxTokens` is null: "has no max_tokens". Null: it is not. */
  reason: string | null;
}

/** A variant's table, as far as it matters here. */
export interface LimitedVariant {
  type?: string;
  max_tokens?: number;
  retries?: { num_retries?: number };
  extra_body?: unknown;
}

/**
 * @param providers of its model; none for a model that is not written out, which has one
 * @param includesOthers its templates take in others, so that prompts can be longer than they tell
 */
export function callLimits(
  variant: LimitedVariant,
  providers: readonly { extra_body?: unknown }[],
  includesOthers = false,
): CallLimits {
  const { type = "chat_completion", max_tokens, retries } = variant;
  const tries = (1 + (retries?.num_retries ?? 0)) * Math.max(1, providers.length);
  const changed = [variant, ...providers].some(({ extra_body }) => extra_body !== undefined);
  const unlimited = (reason: string) => ({ maxTokens: null, tries, reason });
  if (type !== "chat_completion") return unlimited(`is of the type ${type}`);
  if (changed) return unlimited("has an extra_body, which may change max_tokens");
  if (includesOthers) return unlimited("has templates that include others");
  if (max_tokens === undefined) return unlimited("has no max_tokens");
  return { maxTokens: max_tokens, tries, reason: null };
}
