import { readToml } from "../toml";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
  /** The day on which `source` said so. */
  as_of: string;
  source: string;
  /** The last day on which the provider serves the model, by UTC: "2027-01-14". */
  shutdown_date?: string;
  /** The model to go on with after that day. */
  successor?: string;
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
    const { shutdown_date } = price;
    if (shutdown_date !== undefined && !isDate(shutdown_date)) {
      throw new TypeError(
        `${path}: shutdown_date of [${model}] is ${shutdown_date}: it must be a day in quotes, such as "2027-01-14"`,
      );
    }
  }
  return prices;
}

function isDate(value: unknown): boolean {
  return typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value) && !!Date.parse(value);
}

/** Cost in US dollars; null when the model's price is not known. */
export function costUsd(
  price: Price | undefined,
  tokens: { inputTokens: number; outputTokens: number },
): number | null {
  if (!price) return null;
  return (tokens.inputTokens * price.input + tokens.outputTokens * price.output) / 1e6;
}
