import { existsSync } from "node:fs";
import { join } from "node:path";
import { parseConfigFile, readConfigFile, Table } from "embedded-gateway";
import type { VariantInfo } from "./variants";

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
  /** Of input tokens that the provider had in its own cache. Default: `input`. */
  cached_input?: number;
  /** The day on which `source` said so. */
  as_of: string;
  source: string;
  /** The last day on which the provider serves the model, by UTC: "2027-01-14". */
  shutdown_date?: string;
  /** The model to go on with after that day. */
  successor?: string;
}

export type Prices = Readonly<Record<string, Price>>;

/** US dollars. */
export interface Cost {
  usd: number;
  /** Tokens that a provider did not count were counted here. */
  isEstimated: boolean;
  /** Answers may have been paid for that nothing is known of: a process was killed, or an inference given up. Default false. */
  isAtLeast?: boolean;
}

export const NOTHING: Cost = { usd: 0, isEstimated: false };

/** Null when one of them is not known. */
export function sumOf(one: Cost | null, other: Cost | null): Cost | null {
  if (one === null || other === null) return null;
  return {
    usd: one.usd + other.usd,
    isEstimated: one.isEstimated || other.isEstimated,
    isAtLeast: one.isAtLeast || other.isAtLeast,
  };
}

/** Prices by model: those of the project's config/prices.toml, if it has one, and 0 for models that cost nothing. */
export function modelPrices(project: string, variants: ReadonlyMap<string, VariantInfo>): Prices {
  const nothing = {
    input: 0,
    output: 0,
    as_of: "",
    source: "served on this machine or its network",
  };
  const free = [...variants.values()].flatMap((info) => (info.free ? [info.model ?? ""] : []));
  const path = join(project, "config", "prices.toml");
  return {
    ...Object.fromEntries(free.map((model) => [model, nothing])),
    ...(existsSync(path) ? readPrices(path) : {}),
  };
}

/**
 * Prices by model, from config/prices.toml.
 *
 * @example
 * readPrices("config/prices.toml").random?.input; // 0
 * @throws ConfigError the file is no TOML, or a value is none that its key may have; the message names file, key and value
 */
export function readPrices(path: string): Prices {
  const top = new Table(parseConfigFile(readConfigFile(path)).table, "", () => path);
  return Object.fromEntries(
    top.keys().map((model) => [model, readPrice(top.table(model) ?? top.missing(model))]),
  );
}

function readPrice(table: Table): Price {
  const shutdown_date = table.string("shutdown_date");
  if (shutdown_date !== undefined && !isDate(shutdown_date)) {
    table.fail("shutdown_date", `is "${shutdown_date}"; it must be a day such as "2027-01-14"`);
  }
  const price = {
    input: table.number("input", 0) ?? table.missing("input"),
    output: table.number("output", 0) ?? table.missing("output"),
    cached_input: table.number("cached_input", 0),
    as_of: table.requiredString("as_of"),
    source: table.requiredString("source"),
    shutdown_date,
    successor: table.string("successor"),
  };
  table.end();
  return price;
}

function isDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text) && !!Date.parse(text);
}

/** Cost in US dollars; null when the model's price or a count of tokens is not known. What is free costs 0 in any case. */
export function costUsd(
  price: Price | undefined,
  tokens: {
    inputTokens: number | null;
    outputTokens: number | null;
    /** Of the input tokens. */
    cachedInputTokens: number;
  },
): number | null {
  if (!price) return null;
  if (isFree(price)) return 0;
  const { inputTokens, outputTokens } = tokens;
  if (inputTokens === null || outputTokens === null) return null;
  const cached = Math.min(tokens.cachedInputTokens, inputTokens);
  const input = (inputTokens - cached) * price.input + cached * (price.cached_input ?? price.input);
  return (input + outputTokens * price.output) / 1e6;
}

export function isFree({ input, output, cached_input = 0 }: Price): boolean {
  return input === 0 && output === 0 && cached_input === 0;
}

/** "$0.12", "≈ $0.12, estimated", "at least $0.12", or "not known". */
export function costText(cost: Cost | null, digits = 2): string {
  if (cost === null) return "not known";
  const usd = `$${cost.usd.toFixed(digits)}`;
  const least = cost.isAtLeast ? "at least " : "";
  return cost.isEstimated ? `${least}≈ ${usd}, estimated` : least + usd;
}
