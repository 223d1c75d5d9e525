import { isOwnAgent } from "../agents/local/own-agents";
import { SettingsError } from "./plan/settings";
import { hasEnded, shutdownNotice } from "./variants/lifetime";
import type { PlayedVariant } from "./variants/played-variant";
import type { Price, Prices } from "./variants/prices";
import type { VariantInfo } from "./variants/variants";

/** What agents of one's own cost, also to who did not give them. */
const FREE: Price = { input: 0, output: 0, as_of: "", source: "" };

/** The configuration's variants with their models' prices, on the day that the clock says. */
export class Catalog {
  constructor(
    readonly variants: ReadonlyMap<string, VariantInfo>,
    readonly prices: Prices,
    readonly now: () => Date,
  ) {}

  /** A model's; undefined when it is not known. */
  price(model: string | null): Price | undefined {
    if (model === null) return undefined;
    return isOwnAgent(model) ? FREE : this.prices[model];
  }

  /** @param variant one that there is */
  played(variant: string): VariantInfo & PlayedVariant {
    const info = this.variants.get(variant) as VariantInfo;
    return { ...info, price: this.price(info.model) };
  }

  /** A sentence on each model of these variants that is near its end, or past it. */
  notices(variants: readonly string[]): string[] {
    const models = new Set(variants.map((variant) => this.variants.get(variant)?.model ?? ""));
    return [...models].flatMap((model) => shutdownNotice(model, this.prices, this.now()) ?? []);
  }

  /** @throws SettingsError the variant's model has been shut down; the message names the variants on its successor */
  refuseEnded(variant: string): void {
    const price = this.price(this.variants.get(variant)?.model ?? null);
    if (!hasEnded(price, this.now())) return;
    const names = [...this.variants]
      .filter(([, { model }]) => model !== null && model === price?.successor)
      .map(([name]) => name);
    const instead = names.length > 0 ? ` Play ${names.join(", ")} instead.` : "";
    throw new SettingsError(
      `${variant} cannot be played: ${this.notices([variant]).join(" ")}${instead}`,
    );
  }
}
