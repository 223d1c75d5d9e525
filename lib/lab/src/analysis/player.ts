import { LOCAL_KINDS, LOCAL_PROVIDER } from "../agents/local/own-models";
import type { EpisodeRow } from "../queries/episodes";
import { compareText, variantOrder } from "./order";

/** The columns that say what answered. */
export type Answered = Pick<EpisodeRow, "model" | "provider">;

/** What answered some episodes: the names of all models and providers. */
export function answeredBy(rows: readonly Answered[]): Required<Answered> {
  const names = (column: keyof Answered) => {
    const known = new Set(rows.flatMap((row) => row[column] ?? []));
    return [...known].sort(compareText).join(", ") || null;
  };
  return { model: names("model"), provider: names("provider") };
}

/**
 * What answered: "openai::gpt-4o-mini-2024-07-18", or of a function in place of an LLM "rules, not an LLM"; null where
 * nothing has. By the columns of ModelInference, whatever variant and model are called.
 */
export function playerOf({ model, provider }: Answered): string | null {
  if (!model) return null;
  if (provider !== LOCAL_PROVIDER) return model;
  const kinds: Readonly<Record<string, string>> = LOCAL_KINDS;
  return `${kinds[model] ?? model}, not an LLM`;
}

/** What played a variant, by its rows; null when they do not say. */
export function variantPlayer(
  variant: string,
  rows: readonly (Answered & { variant: string })[],
): string | null {
  const own = rows.filter((row) => row.variant === variant).map(playerOf);
  return [...new Set(own.filter((player) => player !== null))].join(" and ") || null;
}

/**
 * "rule_based: rules, not an LLM. history: openai::gpt-4o-mini-2024-07-18."; of several variants that one plays
 * "All: gpt-5."; null when the rows do not say.
 */
export function players(rows: readonly (Answered & { variant: string })[]): string | null {
  const variantsOf = new Map<string, string[]>();
  for (const variant of variantOrder(rows)) {
    const player = variantPlayer(variant, rows);
    if (player) variantsOf.set(player, [...(variantsOf.get(player) ?? []), variant]);
  }
  if (variantsOf.size === 0) return null;
  const [[player, variants] = ["", []]] = variantsOf;
  if (variantsOf.size === 1 && variants.length > 1 && variants.length === variantOrder(rows).length)
    return `All: ${player}.`;
  return `${[...variantsOf].map(([player, variants]) => `${variants.join(", ")}: ${player}`).join(". ")}.`;
}
