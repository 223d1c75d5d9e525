import type { Progress, VariantProgress } from "../experiment/progress/progress";
import { ratesHtml, stripHtml } from "./live-run";

const counts: VariantProgress = {
  ...{ variant: "<b>random</b>", before: 0, total: 100, done: 0, success: 0, failed: 0 },
  ...{ answers: 0, invalid: 0, inputTokens: 0, outputTokens: 0 },
};
const html = (...variants: VariantProgress[]) => ratesHtml({ variants } as unknown as Progress);
/** "11.0–89.0 % of all [5.6, 94.4]" as numbers. */
const numbers = (text: string) =>
  (/>([\d.]+)(?:–([\d.]+))? %[^[]*\[([\d.]+), ([\d.]+)\]/.exec(text) ?? []).slice(1).map(Number);

test("what a run can still come to grows narrower with each episode that ends, and holds what it comes to", () => {
  const widths: number[] = [];
  for (let done = 0; done < 100; done += 10) {
    const [least = 0, most = 0, low = 0, high = 0] = numbers(
      html({ ...counts, done, success: done / 2 }),
    );
    expect([least <= 50 && 50 <= most, low <= least, most <= high]).toEqual([true, true, true]);
    expect(most - least).toBeCloseTo(100 - done, 5);
    widths.push(high - low);
  }
  expect(widths).toEqual([...widths].sort((a, b) => b - a));
  expect(new Set(widths).size).toBeGreaterThan(5);
  const ended = html({ ...counts, done: 100, success: 50 });
  expect(ended).toContain("50.0 % [39.8, 60.2]");
});

test("failed episodes have no outcome; a resumed run has no share; names are text", () => {
  expect(numbers(html({ ...counts, done: 100, success: 50, failed: 10 })).slice(0, 2)).toEqual([
    50, 60,
  ]);
  expect(html({ ...counts, before: 5 }, { ...counts, total: 0 })).toBe("");
  expect(html(counts)).toContain("&lt;b&gt;random&lt;/b&gt;");
});

test("the last episode is six pictures at most, of its beginning and its end among them", () => {
  const episode = { variant: "<i>", task: "BabyAI-MixedTrainLocal-v0/goto", seed: 200 };
  const turns = Array.from({ length: 9 }, () => "turn left" as const);
  const strip = stripHtml({ ...episode, success: false, actions: turns });
  expect(strip.match(/<img /g)).toHaveLength(6);
  expect(strip).toContain('alt="Step 0"');
  expect(strip).toContain('alt="Step 9"');
  expect(strip).toContain("&lt;i&gt; on goto, seed 200: not solved after 9 steps");
  expect(strip.length).toBeLessThan(150_000);
  expect(stripHtml({ ...episode, success: false, actions: [] }).match(/<img /g)).toHaveLength(1);
});
