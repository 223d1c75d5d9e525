import type { CountedTokens } from "../../agents/count-tokens";
import type { PlayedVariant } from "../variants/played-variant";
import { type Cost, costUsd, isFree } from "../variants/prices";
import { Budget } from "./budget";

/** What a try of an episode costs. */
export interface TrySpending {
  /** An inference that was answered. */
  add(tokens: CountedTokens): void;
  /**
   * One whose answer was lost: the provider may have answered, and will bill it. Assumed to cost as much as the
   * variant's costliest.
   */
  addLost(): void;
  /** One that was given up, or failed after the gateway's tries: whether and what the provider bills is not known. */
  addUnknown(): void;
  end(): void;
}

/** Prices the tokens of a run's inferences, and watches its budget. */
export class Spending {
  private readonly budget: Budget;
  /** In US dollars, by variant. */
  private readonly costliest = new Map<string, number>();
  private readonly uncounted = new Set<string>();

  /**
   * @param limitUsd null for none
   * @param before what the run has cost before a resume; null when that is not known
   * @param log told once of each variant whose tokens a provider does not count
   * @param elsewhere what other processes have spent on the run so far; see `Budget`
   */
  constructor(
    private readonly variantOf: (name: string) => PlayedVariant,
    limitUsd: number | null,
    before: Cost | null,
    private readonly log: (line: string) => void,
    elsewhere?: () => number | null,
  ) {
    this.budget = new Budget(limitUsd, before, elsewhere);
  }

  /** Spent so far; null when the price of some inference was not known. */
  get cost(): Cost | null {
    return this.budget.cost;
  }

  /** What this sitting has spent; null when the price of some inference was not known. */
  get own(): Cost | null {
    return this.budget.own;
  }

  /** Nothing is left: episodes under way must stop. */
  get isExhausted(): boolean {
    return this.budget.exhausted;
  }

  /** One more episode would probably be cut off. */
  get isAllotted(): boolean {
    return this.budget.allotted;
  }

  try(variant: string): TrySpending {
    const account = this.budget.openEpisode();
    return {
      add: (tokens) => account.add(this.costOf(variant, tokens)),
      addLost: () => {
        const usd = this.costliest.get(variant) ?? 0;
        account.add({ usd, isEstimated: usd > 0 });
      },
      addUnknown: () => {
        const { price } = this.variantOf(variant);
        if (price === undefined || !isFree(price))
          account.add({ usd: 0, isEstimated: false, isAtLeast: true });
      },
      end: () => account.close(),
    };
  }

  private costOf(name: string, tokens: CountedTokens): Cost | null {
    const played = this.variantOf(name);
    if (tokens.isEstimated && !this.uncounted.has(name)) {
      this.uncounted.add(name);
      this.log(uncountedText(name, played));
    }
    const usd = costUsd(played.price, tokens);
    if (usd === null) return null;
    this.costliest.set(name, Math.max(usd, this.costliest.get(name) ?? 0));
    return { usd, isEstimated: usd > 0 && tokens.isEstimated };
  }
}

function uncountedText(name: string, { model, price }: PlayedVariant): string {
  const cost =
    price === undefined || isFree(price)
      ? ""
      : " Cost and budget count an estimate: the o200k tokens of prompts and answers, without reasoning that the model hides.";
  return `The provider of ${model ?? "a model"}, which plays ${name}, does not say how many tokens an answer took.${cost} In tables and charts its tokens are unknown.`;
}
