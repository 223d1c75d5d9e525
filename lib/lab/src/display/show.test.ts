import { crc32 } from "node:zlib";
import { animateSvg, make } from "babyai";
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

const row = {
  ...{ run: "r", variant: "random", task: "BabyAI-GoToObj-v0", seed: 1, episode_id: "e" },
  ...{ success: true, episode_return: 0.9, progression: 1, episode_length: 5 },
  ...{ invalid_actions: 0, input_tokens: 1, output_tokens: 1, cached_input_tokens: 0 },
  ...{ inferences: 5, error: null },
} satisfies EpisodeRow;
const spec = successRate([row]);

test("a chart is a PNG with its size, and its numbers in words", async () => {
  await showChart(spec);
  const [{ data, metadata }] = shown as [Content];
  expect(Object.keys(data).sort()).toEqual(["image/png", "text/plain"]);
  expect(data["text/plain"]).toBe(spec.description);
  const [width = 0] = sizeOf(data["image/png"]);
  expect(metadata).toEqual({ "image/png": { width: Math.round(width / 1.4) } });
});

test("an SVG is shown as PNG, texts included", async () => {
  const env = make("BabyAI-GoToObj-v0");
  env.reset({ seed: 1 });
  const world = env.renderSvg();
  await showSvg(world);
  const [{ data, metadata }] = shown as [Content];
  expect(Object.keys(data).sort()).toEqual(["image/png", "text/plain"]);
  expect(data["text/plain"]).toBe(env.mission);
  const side = 32 * env.width;
  expect(metadata).toEqual({ "image/png": { width: side } });
  expect(sizeOf(data["image/png"])).toEqual([Math.round(1.4 * side), Math.round(1.4 * side)]);

  const open = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20">';
  await showSvg(`${open}</svg>`);
  await showSvg(`${open}<text x="10" y="15" font-size="14">goto</text></svg>`);
  const [empty, text] = shown.slice(1).map((content) => content.data["image/png"]?.length ?? 0);
  expect(text).toBeGreaterThan(1.5 * (empty ?? 0));
});

test("an animation is a PNG that plays: all frames, each for its time, with one palette", async () => {
  const env = make("BabyAI-GoToObj-v0");
  env.reset({ seed: 1 });
  const frames = [env.renderSvg()];
  for (const action of [0, 2]) {
    env.step(action);
    frames.push(env.renderSvg());
  }
  await showSvg(animateSvg(frames, 0.5));
  const [{ data }] = shown as [Content];
  expect(Object.keys(data).sort()).toEqual(["image/png", "text/plain"]);
  const file = Buffer.from(data["image/png"] ?? "", "base64");
  const chunks: [string, Buffer][] = [];
  for (let start = 8; start < file.length; ) {
    const length = file.readUInt32BE(start);
    const part = file.subarray(start + 4, start + 8 + length);
    expect(file.readUInt32BE(start + 8 + length)).toBe(crc32(part));
    chunks.push([part.toString("latin1", 0, 4), part.subarray(4)]);
    start += 12 + length;
  }
  expect(chunks.map(([type]) => type)).toEqual(
    "IHDR PLTE acTL fcTL IDAT fcTL fdAT fcTL fdAT IEND".split(" "),
  );
  const controls = chunks.filter(([type]) => type === "fcTL").map(([, body]) => body);
  expect(controls.map((body) => body.readUInt16BE(20))).toEqual([500, 500, 1500]);
  const numbers = chunks.filter(([type]) => /fcTL|fdAT/.test(type));
  expect(numbers.map(([, body]) => body.readUInt32BE(0))).toEqual([0, 1, 2, 3, 4]);
  // The first picture is the one that the world itself is shown as.
  await showSvg(frames[0] ?? "");
  const still = Buffer.from(shown[1]?.data["image/png"] ?? "", "base64");
  expect(still.readUInt32BE(16)).toBe(file.readUInt32BE(16));
});

test("a chart that follows JupyterLab's theme has both forms, of which the light one shows where styles are taken away", async () => {
  const look = { width: 320 } as const;
  await showChart(spec, { ...look, theme: "auto" });
  for (const theme of ["light", "dark"] as const) await showChart(spec, { ...look, theme });
  const [both, ...alone] = shown.map(({ data }) => data);
  expect(Object.keys(both ?? {}).sort()).toEqual(["text/html", "text/plain"]);
  const images = [...(both?.["text/html"] ?? "").matchAll(/<img [^>]*>/g)].map(([tag]) => tag);
  expect(images.map((tag) => /base64,([^"]*)/.exec(tag)?.[1])).toEqual(
    alone.map((data) => data["image/png"]),
  );
  expect(images.map((tag) => /hidden style="display:none"/.test(tag))).toEqual([false, true]);
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
