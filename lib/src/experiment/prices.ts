import { readToml } from "../toml";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
  /** The day on which `source` said so. */
  as_of: string;
  source: string;
}

export type Prices = Readonly<Record<string, Price>>;

/** Prices by model, from config/prices.toml. */
export function readPrices(path: string): Prices {
  const prices = readToml(path) as unknown as Prices;
  for (const [model, price] of Object.entries(prices)) {
    if (!(price.input >= 0) || !(price.output >= 0)) {
      throw new TypeError(
        `${path}: [${model}] needs input and output in US dollars per million tokens`,
      );
    }
  }
  return prices;
}

/** Cost in US dollars; null when the model's price is not known. */
export function costUsd(
  price: Price | undefined,
  tokens: { inputTokens: number; outputTokens: number },
): number | null {
  if (!price) return null;
  return (tokens.inputTokens * price.input + tokens.outputTokens * price.output) / 1e6;
}
