import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Pcg64 } from "babyai";
import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { GatewayClient } from "./connection/client";
import { evaluate } from "./experiment/evaluate";
import { planRun } from "./experiment/plan/plan";
import { checkSettings } from "./experiment/plan/settings";
import { actConfig } from "./experiment/testing/act-config";
import { readVariants } from "./experiment/variants/variants";

// Runs against a provider that bills as providers do, and worse: what it bills is never above what the plan had said.

const PRICE = { input: 1, output: 10, cached_input: 0.5, as_of: "2026-11-22", source: "test" };
const MAX_TOKENS = 60;
const files = actConfig();
files["tensorzero.toml"] = files["tensorzero.toml"]!.replace(
  "[functions.act.variants.retried]",
  `[functions.act.variants.retried]\nmax_tokens = ${MAX_TOKENS}`,
);
const folder = mkdtempSync(join(tmpdir(), "cost-bound-"));
let harness: Harness;

beforeAll(async () => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  harness = await openHarness(files, { OPENAI_API_KEY: "sk-test-0123456789" });
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true });
});

/** How a provider behaves; shares of answers are from 0 to 1. */
interface Provider {
  /** Of a prompt's bytes. */
  tokensPerByte: number;
  /** Of `max_tokens`, what hidden reasoning takes at most. */
  reasoning: number;
  cached: number;
  /** Errors of which the tokens are billed all the same. */
  errors: number;
  uncounted: number;
  /** Answers that are billed and get lost on their way from the gateway. */
  lost: number;
}

/** Plays an episode of 16 steps; resolves with what the plan said and what the provider billed, in US dollars. */
async function play(provider: Provider, random: () => number) {
  let billed = 0;
  harness.provider.reply = (body) => {
    const messages = body.messages as { content: string }[];
    const bytes = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
    const input = Math.ceil(bytes * provider.tokensPerByte) + 4 * messages.length + 3;
    const cached = random() < provider.cached ? Math.floor(input / 2) : 0;
    const limit = body.max_completion_tokens as number;
    const reasoning = Math.floor(random() * (limit - 7) * provider.reasoning);
    const output = Math.min(limit, 7 + reasoning);
    billed +=
      ((input - cached) * PRICE.input + cached * PRICE.cached_input + output * PRICE.output) / 1e6;
    if (random() < provider.errors) return new Response("overloaded", { status: 500 });
    const usage = {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: reasoning },
    };
    const isCounted = random() >= provider.uncounted;
    return completion('{"action":"turn left"}', { usage: isCounted ? usage : null });
  };
  const client = new GatewayClient({
    url: "http://embedded",
    fetch: async (input, init) => {
      const response = await harness.gateway.app.fetch(new Request(input, init));
      if (String(input).endsWith("completions") && random() < provider.lost)
        throw new TypeError("fetch failed");
      return response;
    },
  });
  const info = readVariants([join(folder, "tensorzero.toml")]).get("retried")!;
  const variant = () => ({ ...info, price: PRICE });
  const settings = checkSettings(
    { variants: ["retried"], tasks: ["BabyAI-GoToObjS4-v0"], episodes: 2, concurrency: 1 },
    ["retried"],
  );
  const plan = await planRun(settings, variant, []);
  const patience = { limitMs: 200, firstMs: 1, longestMs: 5 };
  const run = await evaluate(
    { client, variant, recordFailure: async () => {}, patience },
    settings,
    {},
  );
  return { bound: plan.usdAtMost!, once: plan.usdAtMost! / info.limits.tries / 3, billed, run };
}

test("in 20 runs of 20 the provider bills no more than the plan's bound", async () => {
  const ratios: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const numbers = new Pcg64(seed);
    const random = () => numbers.random();
    const provider = {
      tokensPerByte: 0.2 + 0.8 * random(),
      reasoning: random(),
      cached: random(),
      errors: 0.1 * random(),
      uncounted: seed % 4 === 0 ? random() : 0,
      lost: seed % 2 === 0 ? 0.05 * random() : 0,
    };
    const { bound, billed, run } = await play(provider, random);
    expect(run.completed + run.failed).toBe(2);
    expect(billed).toBeGreaterThan(0);
    ratios.push(billed / bound);
  }
  expect(Math.max(...ratios)).toBeLessThanOrEqual(1);
});

test("the worst provider, too, which costs more than a run without repeats could", async () => {
  let asked = 0;
  const worst = { tokensPerByte: 1, reasoning: 1, cached: 0, errors: 0, uncounted: 0, lost: 0 };
  // Every first try of a call fails and is billed; the last answer of an episode's first and second play is lost.
  const provider = {
    ...worst,
    get errors() {
      return ++asked % 2;
    },
    get lost() {
      return asked === 64 || asked === 128 ? 1 : 0;
    },
  };
  const { bound, once, billed } = await play(provider, () => 0.9999);
  expect(billed).toBeGreaterThan(once);
  expect(billed).toBeLessThanOrEqual(bound);
});

test("without repeats a run may come near to its bound", async () => {
  const worst = { tokensPerByte: 1, reasoning: 1, cached: 0, errors: 0, uncounted: 0, lost: 0 };
  const { once, billed, run } = await play(worst, () => 0.9999);
  expect(billed).toBeGreaterThan(once / 2);
  expect(billed).toBeLessThanOrEqual(once);
  expect(run.spentUsd).toBeCloseTo(billed, 9);
});
