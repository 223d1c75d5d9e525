import { join } from "node:path";
import { root, SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { defaultVariants } from "./default-variants";
import { hasEnded, shutdownNotice } from "./lifetime";
import { type Price, readPrices } from "./prices";
import { readVariants, type VariantInfo } from "./variants";

const prices = readPrices(join(root, "config", "prices.toml"));
const shipped = readVariants(SHIPPED_CONFIG);
const MINI = "openai::gpt-4o-mini-2024-07-18";
const seeds = ["baseline", "history", "reasoning", "history_and_reasoning"];
const local = ["random", "rule_based", "rule_based_history"];

/** Chooses on a day, where those models that are given cannot be called. */
async function on(day: string, without: Record<string, string> = {}, variants = shipped) {
  const asked: string[] = [];
  const chosen = await defaultVariants({
    variants,
    prices,
    now: new Date(day),
    obstacle: async (model) => {
      asked.push(model);
      return without[model] ?? null;
    },
  });
  return { ...chosen, asked };
}

test("with a key: gpt-4o-mini's four variants through its last day, then gpt-6-luna's", async () => {
  expect(await on("2026-11-26")).toMatchObject({ variants: seeds, notes: [], asked: [MINI] });
  expect((await on("2027-01-14T23:59:59Z")).variants).toEqual(seeds);
  const after = await on("2027-01-15T00:00:00Z");
  expect(after.variants).toEqual([
    "gpt-6-luna_baseline",
    "gpt-6-luna_history",
    "gpt-6-luna-low_baseline",
    "gpt-6-luna-low_history",
    "gpt-6-luna_reasoning",
    "gpt-6-luna_history_and_reasoning",
  ]);
  expect(after.asked).toEqual(["openai::gpt-6-luna"]);
  expect(after.notes).toEqual([
    `${MINI} was shut down on 2027-01-14; its successor is openai::gpt-6-luna.`,
  ]);
});

test("without a key: the local agents, and why", async () => {
  const without = { [MINI]: "no key", "openai::gpt-6-luna": "no key" };
  for (const day of ["2026-11-26", "2030-01-01"]) {
    const chosen = await on(day, without);
    expect(chosen.variants).toEqual(local);
    expect(chosen.notes).toContain("openai::gpt-6-luna is left out: no key.");
    expect(chosen.notes.at(-1)).toBe("So the local agents play: rules, not language models.");
  }
});

test("every model that can be called plays; a successor only in its predecessor's place", async () => {
  const info = (model: string): VariantInfo => ({ ...shipped.get("baseline")!, model });
  const variants = new Map([...shipped, ["claude_baseline", info("claude")]]);
  expect((await on("2026-11-26", {}, variants)).variants).toEqual([...seeds, "claude_baseline"]);
  const keyless = { [MINI]: "no key", "openai::gpt-6-luna": "no key" };
  expect((await on("2026-11-26", keyless, variants)).variants).toEqual(["claude_baseline"]);
  // Should OpenAI no longer serve the old one, before its day or with another account.
  const chosen = await on("2026-11-26", { [MINI]: "gone" });
  expect(chosen.variants).toContain("gpt-6-luna_baseline");
});

test("successors that go round in a circle come to an end", async () => {
  const circle = (successor: string): Price => ({ ...prices[MINI]!, successor });
  const info = (model: string): VariantInfo => ({ ...shipped.get("baseline")!, model });
  const chosen = await defaultVariants({
    variants: new Map([
      ["x", info("a")],
      ["y", info("b")],
    ]),
    prices: { a: circle("b"), b: circle("a") },
    now: new Date("2026-01-01"),
    obstacle: async () => null,
  });
  expect(chosen.variants).toHaveLength(1);
});

test("a model's end is announced from 90 days before", () => {
  const notice = (day: string) => shutdownNotice(MINI, prices, new Date(day));
  expect(notice("2026-10-15T23:59:59Z")).toBeNull();
  expect(notice("2026-10-16T00:00:00Z")).toBe(
    `${MINI} shuts down in 90 days, on 2027-01-14; its successor is openai::gpt-6-luna.`,
  );
  expect(notice("2027-01-14T12:00:00Z")).toContain("shuts down in 0 days, on 2027-01-14");
  expect(notice("2027-01-15T00:00:00Z")).toContain("was shut down on 2027-01-14");
  expect(shutdownNotice("random", prices, new Date("2030-01-01"))).toBeNull();
  const { successor: _, ...alone } = prices[MINI]!;
  expect(shutdownNotice("m", { m: alone }, new Date("2027-01-15"))).toBe(
    "m was shut down on 2027-01-14.",
  );
  expect([hasEnded(undefined, new Date()), hasEnded(prices.random, new Date())]).toEqual([
    false,
    false,
  ]);
});

test("a successor is itself in the configuration and has a price", () => {
  const models = [...shipped.values()].map(({ model }) => model);
  for (const { successor } of Object.values(prices)) {
    if (successor === undefined) continue;
    expect(models).toContain(successor);
    expect(prices).toHaveProperty([successor]);
  }
});
