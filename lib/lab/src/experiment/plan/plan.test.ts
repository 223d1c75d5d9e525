import { actions, longestText, make, registeredEnvs } from "babyai";
import fc from "fast-check";
import type { ActArguments } from "../../agents/prompt";
import { type PlannedVariant, planRun } from "./plan";
import { checkSettings } from "./settings";

const price = { input: 1, output: 10, as_of: "2026-11-22", source: "test" };
const settings = checkSettings({ variants: ["a", "b"], episodes: 3 }, ["a", "b"]);
const CALLS = 3072; // 3 seeds × (64 + 64 + 128 + 128 + 128) steps × 2 variants
const userOf = (input: Parameters<PlannedVariant["prompt"]>[0]) => (input as ActArguments).user;
const variant = (more: Partial<PlannedVariant> = {}): PlannedVariant => ({
  model: "m",
  form: null,
  price,
  prompt: (input) => [{ role: "user", content: userOf(input).observation }],
  limits: { maxTokens: 100, tries: 1, reason: null },
  ...more,
});
const plan = (more: Partial<PlannedVariant> = {}) => planRun(settings, () => variant(more), []);

test("calls at most are the sum of the episodes' step limits", async () => {
  expect(await plan()).toMatchObject({ episodes: 30, callsAtMost: CALLS });
});

test("history and reasoning cost more", async () => {
  const usd = async (prompt: PlannedVariant["prompt"]) => (await plan({ prompt })).usdLikely!;
  const user = (content: string) => [{ role: "user", content }];
  const plain = await usd((input) => user(userOf(input).observation));
  expect(plain).toBeGreaterThan(0);
  const history: PlannedVariant["prompt"] = (input) =>
    user(userOf(input).observation + userOf(input).history);
  expect(await usd(history)).toBeGreaterThan(1.5 * plain);
  expect(await usd((input) => user(`${userOf(input).observation} thinking`))).toBeGreaterThan(
    3 * plain,
  );
});

test("the bound is every answer at max_tokens, a token for each byte of the prompts, and every retry and replay billed", async () => {
  const bare = { prompt: () => [], price: { ...price, input: 0 } };
  const once = (CALLS * 100 * 10) / 1e6;
  expect((await plan(bare)).usdAtMost).toBeCloseTo(3 * once, 9); // an episode is begun three times at most
  const limits = { maxTokens: 100, tries: 4, reason: null };
  const retried = await plan({ ...bare, limits });
  expect(retried.usdAtMost).toBeCloseTo(12 * once, 9);
  expect(retried.text).toContain(
    `Cost: at most $${(12 * once).toFixed(2)} ($${once.toFixed(2)} if nothing has to be repeated); perhaps $`,
  );
  const euros = () => [{ role: "user", content: "€".repeat(1000) }];
  const read = await plan({ prompt: euros, price: { ...price, output: 0 } });
  expect(read.usdAtMost).toBeGreaterThan((3 * CALLS * 3000) / 1e6);
  expect(read.usdAtMost).toBeLessThan((3 * CALLS * 3100) / 1e6);
});

test("the models are told, and which are no LLMs", async () => {
  const local = (name: string) => ({ ...variant({ model: "gpt-5" }), local: name === "b" });
  const { text } = await planRun(settings, local, []);
  expect(text).toContain("\nModels: a: gpt-5. b: gpt-5, not an LLM.\n");
});

test("without max_tokens there is no bound, and the text says whose and why", async () => {
  const limits = { maxTokens: null, tries: 1, reason: "has no max_tokens" };
  const unbounded = await planRun(settings, (name) => variant(name === "a" ? { limits } : {}), []);
  expect(unbounded.usdAtMost).toBeNull();
  expect(unbounded.usdLikely).toBeGreaterThan(0);
  expect(unbounded.text).toContain("Cost: no bound, because a has no max_tokens; perhaps $");
  const free = { input: 0, output: 0, as_of: "", source: "" };
  expect(await plan({ limits, price: free })).toMatchObject({ usdAtMost: 0, usdLikely: 0 });
});

test("the estimate is what the stored runs of the variant took, else those of its model", async () => {
  const usage = { model: "m", inferences: 10, cached_input_tokens: 0, inferences_per_episode: 10 };
  const typical = [
    { ...usage, variant: "a", input_tokens: 1000, output_tokens: 10 },
    { ...usage, variant: "c", input_tokens: 3000, output_tokens: 10, inferences: 20 },
    { ...usage, variant: "b", model: "other", input_tokens: 9e9, output_tokens: 10 },
  ];
  const known = await planRun(settings, () => variant(), typical);
  expect(known.usdLikely).toBeCloseTo((150 * (1000 + 100) + 150 * (3000 + 100)) / 1e6, 9);
  expect(known.text).toMatch(/; about \$0\.63 like the stored runs; no budget set$/);
});

test("one unknown price makes the cost unknown, not smaller", async () => {
  const unpriced = await planRun(
    settings,
    (name) => variant(name === "a" ? {} : { price: undefined, model: "new" }),
    [],
  );
  expect(unpriced).toMatchObject({ usdAtMost: null, usdLikely: null });
  expect(unpriced.text).toContain("Cost: not known: config/prices.toml has no price of new; no");
});

test("no observation is longer than the longest text of its world", () => {
  const ids = registeredEnvs().map(({ id }) => id);
  fc.assert(
    fc.property(
      fc.constantFrom(...ids),
      fc.nat(1000),
      fc.array(fc.nat(5), { maxLength: 60 }),
      (id, seed, played) => {
        const env = make(id);
        let { observation } = env.reset({ seed });
        const longest = longestText(env.world);
        for (const action of played) {
          expect(Buffer.byteLength(observation.text)).toBeLessThanOrEqual(longest.length);
          if (env.terminated || env.truncated) break;
          ({ observation } = env.step(actions[action]!));
        }
      },
    ),
    { numRuns: 100 },
  );
});
