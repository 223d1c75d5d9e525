import { type Cost, NOTHING } from "../variants/prices";

/**
 * Keeps account of a run's cost, in US dollars, against its limit. Counted is what inferences cost that were answered, of
 * failed episodes too, and what those may have cost whose answer was lost; not what a gateway's tries may have cost
 * that ended in an error.
 */
export class Budget {
  private readonly before: number;
  private spent: number;
  private known: boolean;
  private estimated: boolean;
  private isAtLeast: boolean;
  /** What each episode under way has cost so far. */
  private readonly open = new Set<EpisodeAccount>();
  private costliest = 0;

  /**
   * @param limit in US dollars; null for none
   * @param before what the run has cost before a resume; null when that is not known
   * @param elsewhere what other processes have spent on the run so far, in US dollars; null when that is not known
   */
  constructor(
    private readonly limit: number | null,
    before: Cost | null = NOTHING,
    private readonly elsewhere: () => number | null = () => 0,
  ) {
    this.before = before?.usd ?? 0;
    this.spent = this.before;
    this.known = before !== null;
    this.estimated = before?.isEstimated ?? false;
    this.isAtLeast = before?.isAtLeast ?? false;
  }

  /** Spent so far; null when the price of some inference was not known. */
  get cost(): Cost | null {
    const { total: usd, estimated: isEstimated, isAtLeast } = this;
    return this.known && this.elsewhere() !== null ? { usd, isEstimated, isAtLeast } : null;
  }

  /** What this sitting has spent; null when the price of some inference was not known. */
  get own(): Cost | null {
    const { spent, before, estimated: isEstimated, isAtLeast } = this;
    return this.known ? { usd: spent - before, isEstimated, isAtLeast } : null;
  }

  private get total(): number {
    return this.spent + (this.elsewhere() ?? 0);
  }

  /** Nothing is left: episodes under way must stop. */
  get exhausted(): boolean {
    return this.limit !== null && this.total >= this.limit;
  }

  /**
   * One more episode would probably be cut off and its cost wasted: taken that it, and those under way, will cost as
   * much as the costliest so far.
   */
  get allotted(): boolean {
    if (this.limit === null) return false;
    let total = this.total + this.costliest;
    for (const episode of this.open) total += Math.max(0, this.costliest - episode.spent);
    return total > this.limit;
  }

  openEpisode(): EpisodeAccount {
    const account: EpisodeAccount = {
      spent: 0,
      add: (cost) => {
        if (cost === null) {
          this.known = false;
          return;
        }
        account.spent += cost.usd;
        this.spent += cost.usd;
        this.estimated ||= cost.isEstimated;
        this.isAtLeast ||= cost.isAtLeast ?? false;
      },
      close: () => {
        this.open.delete(account);
        this.costliest = Math.max(this.costliest, account.spent);
      },
    };
    this.open.add(account);
    return account;
  }
}

export interface EpisodeAccount {
  spent: number;
  /** @param cost of one inference; null when its price is not known */
  add(cost: Cost | null): void;
  close(): void;
}
