import { STUDENT } from "../../agents/local/own-models";
import { hasEnded, shutdownNotice } from "./lifetime";
import type { Prices } from "./prices";
import type { VariantInfo } from "./variants";

/** What to play by default. */
export interface DefaultVariants {
  variants: readonly string[];
  /** Why, in sentences. */
  notes: readonly string[];
}

export interface DefaultVariantsContext {
  variants: ReadonlyMap<string, VariantInfo>;
  prices: Prices;
  now: Date;
  /** Why a model cannot be called, e.g. that its key is missing; null when it can. */
  obstacle: (model: string) => Promise<string | null>;
}

/**
 * The variants of JSON functions on every LLM that has not been shut down and can be called, without their successors and without
 * those that are sent pictures or stored examples; if there are none, the local ones but for the student, which plays what it was
 * trained on.
 */
export async function defaultVariants(context: DefaultVariantsContext): Promise<DefaultVariants> {
  const { variants, prices, now, obstacle } = context;
  // Chosen by name are those of the chat function and those that are sent pictures, for comparisons with BALROG, and those that need examples.
  const usual = [...variants].filter(
    ([, info]) => info.form === null && info.pictures === "none" && info.embeddingModel === null,
  );
  const llms = new Set<string>();
  for (const [, { model, local }] of usual) if (model !== null && !local) llms.add(model);
  const notes: string[] = [];
  const known = new Map<string, boolean>();

  const isPlayed = async (model: string): Promise<boolean> => {
    const before = known.get(model);
    if (before !== undefined) return before;
    known.set(model, false); // where successors go round in a circle, the first is none
    const predecessors = [...llms].filter((other) => prices[other]?.successor === model);
    for (const predecessor of predecessors) if (await isPlayed(predecessor)) return false;
    const notice = shutdownNotice(model, prices, now);
    if (hasEnded(prices[model], now)) {
      notes.push(`${notice}`);
      return false;
    }
    const reason = await obstacle(model);
    if (reason !== null) notes.push(`${model} is left out: ${reason}.`);
    known.set(model, reason === null);
    return reason === null;
  };

  const played = new Set<string>();
  for (const model of llms) if (await isPlayed(model)) played.add(model);
  const chosen = (wanted: (info: VariantInfo) => boolean) =>
    usual.filter(([, info]) => wanted(info)).map(([name]) => name);
  if (played.size > 0) return { variants: chosen(({ model }) => played.has(model ?? "")), notes };
  notes.push("So the local agents play: rules, not language models.");
  return { variants: chosen(({ local, model }) => local && model !== STUDENT), notes };
}
