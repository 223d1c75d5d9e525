import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { costText, costUsd, readPrices } from "./prices";
import { readVariants } from "./variants";

test("every variant's model has a price with its day and source", () => {
  const prices = readPrices(join(root, "config", "prices.toml"));
  for (const { model } of readVariants(SHIPPED_CONFIG).values()) {
    if (model === null) continue; // made of other variants
    expect(prices[model]).toMatchObject({
      as_of: expect.stringMatching(/^\d{4}-\d\d-\d\d$/),
      source: expect.any(String),
    });
  }
});

test("cost is by the million tokens, and unknown without a price", () => {
  const price = { input: 0.15, output: 0.6, as_of: "", source: "" };
  const tokens = { inputTokens: 2e6, outputTokens: 5e5, cachedInputTokens: 0 };
  expect(costUsd(price, tokens)).toBeCloseTo(0.6, 12);
  expect(costUsd(undefined, tokens)).toBeNull();
  expect(costUsd(price, { ...tokens, inputTokens: null })).toBeNull();
  expect(costUsd(price, { ...tokens, outputTokens: null })).toBeNull();
  const free = { ...price, input: 0, output: 0 };
  expect(costUsd(free, { ...tokens, outputTokens: null })).toBe(0);
  for (const paid of [{ input: 1 }, { output: 1 }, { cached_input: 1 }])
    expect(costUsd({ ...free, ...paid }, { ...tokens, outputTokens: null })).toBeNull();
});

test("input that the provider had in its cache has its own price, else that of input", () => {
  const price = { input: 0.15, output: 0.6, as_of: "", source: "" };
  const tokens = { inputTokens: 2e6, outputTokens: 0, cachedInputTokens: 1e6 };
  expect(costUsd({ ...price, cached_input: 0.075 }, tokens)).toBeCloseTo(0.225, 12);
  expect(costUsd(price, tokens)).toBeCloseTo(0.3, 12);
  // More of it cached than there is: a provider's mistake that must not make money.
  expect(costUsd({ ...price, cached_input: 0.075 }, { ...tokens, cachedInputTokens: 9e6 })).toBe(
    0.15,
  );
});

test.each([
  [null, "not known"],
  [{ usd: 0, isEstimated: false }, "$0.00"],
  [{ usd: 0.1234, isEstimated: true }, "≈ $0.12, estimated"],
  [{ usd: 0.1234, isEstimated: false, isAtLeast: true }, "at least $0.12"],
  [{ usd: 0.1234, isEstimated: true, isAtLeast: true }, "at least ≈ $0.12, estimated"],
])("the cost %p reads %p", (cost, text) => {
  expect(costText(cost)).toBe(text);
});

const AMOUNT = "it must be a number of at least 0.";

test.each([
  ["input = -1\noutput = 1", `\`m.input\` is -1; ${AMOUNT}`],
  ["input = 1\noutput = -1", `\`m.output\` is -1; ${AMOUNT}`],
  ["input = 1", "`m.output` is missing."],
  ["output = 1", "`m.input` is missing."],
  ['input = "1"\noutput = 1', `\`m.input\` is "1"; ${AMOUNT}`],
  ["input = inf\noutput = 1", `\`m.input\` is Infinity; ${AMOUNT}`],
  ["input = 1\noutput = 1\ncached_input = -1", `\`m.cached_input\` is -1; ${AMOUNT}`],
  ["input = 1\noutput = 1\nsuccessor = 5", "`m.successor` is 5; it must be a string."],
  [
    "input = 1\noutput = 1\ncashed_input = 1",
    "`m.cashed_input`: unknown key. `m` may have as_of, cached_input,",
  ],
  [
    'input = 1\noutput = 1\nshutdown_date = "soon"',
    '`m.shutdown_date` is "soon"; it must be a day such as "2027-01-14".',
  ],
])("a price of %p is refused with file, key and value", (given, problem) => {
  const folder = mkdtempSync(join(tmpdir(), "prices-"));
  const path = join(folder, "prices.toml");
  writeFileSync(path, `[m]\n${given}\nas_of = "2026-11-22"\nsource = "s"\n`);
  expect(() => readPrices(path)).toThrow(`${path}: ${problem}`);
  rmSync(folder, { recursive: true });
});
