import { join } from "node:path";
import { configFiles } from "../config-files";
import { costUsd, readPrices } from "./prices";
import { readVariants } from "./variants";

const root = join(__dirname, "../../..");

test("every variant's model has a price with its day and source", () => {
  const prices = readPrices(join(root, "config", "prices.toml"));
  for (const { model } of readVariants(configFiles(root)).values()) {
    expect(prices[model ?? ""]).toMatchObject({
      as_of: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      source: expect.any(String),
    });
  }
});

test("cost is by the million tokens, and unknown without a price", () => {
  const price = { input: 0.15, output: 0.6, as_of: "", source: "" };
  expect(costUsd(price, { inputTokens: 2e6, outputTokens: 5e5 })).toBeCloseTo(0.6, 12);
  expect(costUsd(undefined, { inputTokens: 1, outputTokens: 1 })).toBeNull();
});
