import { make } from "babyai";
import { successRate } from "../charts";
import type { EpisodeRow } from "../queries/episodes";
import { showChart, showSvg } from "./show";

interface Content {
  data: Record<string, string>;
  metadata: Record<string, unknown>;
}

let shown: Content[];
beforeEach(() => {
  shown = [];
  const publish = (content: Content) => shown.push(content);
  Object.assign(globalThis, {
    __tslab__: { require: () => ({ lastWriteDisplayData: publish }) },
  });
});
afterEach(() => Reflect.deleteProperty(globalThis, "__tslab__"));

/** Width and height of a PNG in base64. */
const sizeOf = (png = "") => {
  const file = Buffer.from(png, "base64");
  expect(file.toString("latin1", 1, 4)).toBe("PNG");
  return [file.readUInt32BE(16), file.readUInt32BE(20)];
};

test("a chart is a PNG with its size, and its numbers in words", async () => {
  const row = {
    ...{ run: "r", variant: "random", task: "BabyAI-GoToObj-v0", seed: 1, episode_id: "e" },
    ...{ success: true, episode_return: 0.9, progression: 1, episode_length: 5 },
    ...{ invalid_actions: 0, input_tokens: 1, output_tokens: 1, cached_input_tokens: 0 },
    ...{ inferences: 5, error: null },
  } satisfies EpisodeRow;
  const spec = successRate([row]);
  await showChart(spec);
  const [{ data, metadata }] = shown as [Content];
  expect(Object.keys(data).sort()).toEqual(["image/png", "text/plain"]);
  expect(data["text/plain"]).toBe(spec.description);
  const [width = 0, height = 0] = sizeOf(data["image/png"]);
  expect(metadata).toEqual({
    "image/png": { width: Math.round(width / 1.4), height: Math.round(height / 1.4) },
  });
});

test("an SVG has a PNG beside it, texts included", async () => {
  const env = make("BabyAI-GoToObj-v0");
  env.reset({ seed: 1 });
  const world = env.renderSvg();
  await showSvg(world);
  const [{ data, metadata }] = shown as [Content];
  expect(data["image/svg+xml"]).toBe(world);
  const side = 32 * env.width;
  expect(metadata).toEqual({ "image/png": { width: side, height: side } });
  expect(sizeOf(data["image/png"])).toEqual([Math.round(1.4 * side), Math.round(1.4 * side)]);

  const open = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20">';
  await showSvg(`${open}</svg>`);
  await showSvg(`${open}<text x="10" y="15" font-size="14">goto</text></svg>`);
  const [empty, text] = shown.slice(1).map((content) => content.data["image/png"]?.length ?? 0);
  expect(text).toBeGreaterThan(1.5 * (empty ?? 0));
});

test("what is no SVG is refused", async () => {
  for (const text of ["", "<p>no</p>", "<svg>no namespace</svg>"]) {
    const shows = showSvg(text);
    await expect(shows).rejects.toThrow(TypeError);
    await expect(shows).rejects.toThrow(
      'it begins with <svg xmlns="http://www.w3.org/2000/svg" …>',
    );
  }
  expect(shown).toEqual([]);
});
