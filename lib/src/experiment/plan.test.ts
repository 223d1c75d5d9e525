import { planRun } from "./plan";
import { checkSettings } from "./settings";

const price = { input: 1, output: 10, as_of: "2026-11-22", source: "test" };
const settings = checkSettings({ variants: ["a", "b"], episodes: 3 }, ["a", "b"]);

test("calls at most are the sum of the episodes' step limits", async () => {
  const plan = await planRun(settings, () => ({ templates: ["x"], price }));
  // 3 seeds × (64 + 64 + 128 + 128 + 128) steps × 2 variants
  expect(plan).toMatchObject({ episodes: 30, callsAtMost: 3072 });
});

test("history and reasoning cost more", async () => {
  const usd = async (template: string) =>
    (await planRun(settings, () => ({ templates: [template], price }))).usdAtMost ?? 0;
  const plain = await usd("{{ observation }}");
  expect(plain).toBeGreaterThan(0);
  expect(await usd("{{ observation }} {{ history }}")).toBeGreaterThan(1.5 * plain);
  expect(await usd("{{ observation }} thinking")).toBeGreaterThan(3 * plain);
});

test("one unknown price makes the cost unknown, not smaller", async () => {
  const variant = (name: string) => ({ templates: ["x"], price: name === "a" ? price : undefined });
  expect((await planRun(settings, variant)).usdAtMost).toBeNull();
});
