import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { tasks } from "babyai";
import { uuidv7 } from "embedded-gateway";
import { hashedWords } from "../agents/local/hashed-words";
import { SettingsError } from "../experiment/plan/settings";
import { type Lab, openLab } from "../lab";
import type { Examples } from "./examples";
import { ExamplesError } from "./examples-error";

const folder = mkdtempSync(join(tmpdir(), "teach-"));
const [goto = "", pickup = ""] = tasks;
const options = { tasks: [goto, pickup], episodes: 6, historyLength: 1 };
const variant = "nearest_example";
let lab: Lab;
let run: string;
let taught: Examples;

beforeAll(async () => {
  lab = await openLab({
    ...{ gateway: "embedded", dataDir: join(folder, "store") },
    configPath: ["config/tensorzero.toml", "config/models/gpt-4o-mini.toml"],
  });
  ({ id: run } = await lab.evaluate({ ...options, variants: ["rule_based_history"] }));
  taught = await lab.examples({ run, where: { success: true } });
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

test("an example is the stored input and answer with their embedding; what is there is not written again", async () => {
  const steps = taught.train.flatMap((episode) => episode.steps);
  const teach = { variant, episodes: taught.train, historyLength: 1 };
  const first = await lab.teach(teach);
  expect(first.written).toBeGreaterThan(50);
  expect(first).toEqual({ written: first.written, examples: first.written });
  expect(await lab.teach(teach)).toEqual({ written: 0, examples: first.written });
  const [stored] = await lab.sql<{ n: number; inputs: number; namespaces: string }>`
    SELECT count() AS n, uniqExact(input, output) AS inputs, any(namespace) AS namespaces
    FROM DynamicInContextLearningExample WHERE function_name = 'act' AND variant_name = ${variant}`;
  expect(stored).toEqual({ n: first.written, inputs: first.written, namespaces: "" });
  const rows = await lab.sql<{ input: string; output: string; embedding: number[] }>`
    SELECT example.input, example.output, embedding FROM DynamicInContextLearningExample AS example
    INNER JOIN JsonInference AS played ON played.input = example.input
    WHERE played.id IN ${steps.map(({ inference_id }) => inference_id)}`;
  expect(rows.length).toBeGreaterThanOrEqual(steps.length); // each step's input is there
  for (const { input, output, embedding } of rows.slice(0, 50)) {
    expect(embedding).toEqual([...hashedWords(input)]);
    const { raw, parsed } = JSON.parse(output) as { raw: string; parsed: object };
    expect(JSON.parse(raw)).toEqual(parsed);
  }
});

test("who teaches the same at the same time stores it once", async () => {
  const { id } = await lab.evaluate({
    ...options,
    seed: 700,
    episodes: 2,
    variants: ["rule_based"],
  });
  const { train } = await lab.examples({ run: id });
  const teach = { variant: "in_context", episodes: train };
  const both = await Promise.all([lab.teach(teach), lab.teach(teach)]);
  const [{ written = 0 } = {}] = both;
  expect(written).toBeGreaterThan(3);
  expect(both).toEqual([written, 0].map((count) => ({ written: count, examples: written })));
  const [stored] = await lab.sql<{ n: number }>`
    SELECT count() AS n FROM DynamicInContextLearningExample WHERE variant_name = 'in_context'`;
  expect(stored?.n).toBe(written);
  await lab.clickhouse.command({
    query: "DELETE FROM DynamicInContextLearningExample WHERE variant_name = 'in_context'",
  });
});

test("examples whose embeddings cannot be compared are named, and can be taken away", async () => {
  const teach = { variant: "in_context", episodes: taught.train.slice(0, 1) };
  const play = { ...options, variants: ["in_context"] };
  const insert = (embedding: number[]) =>
    lab.clickhouse.insert({
      table: "DynamicInContextLearningExample",
      format: "JSONEachRow",
      values: [
        {
          ...{ id: uuidv7(), function_name: "act", variant_name: "in_context", namespace: "" },
          ...{ input: `${embedding}`, output: "{}", embedding },
        },
      ],
    });
  await insert([1, 2, 3]);
  await expect(lab.teach(teach)).rejects.toThrow(
    "of 256 numbers, and the examples of in_context have some of 3",
  );
  await insert([1]);
  const error = await lab.teach(teach).catch((error: unknown) => error as Error);
  expect(error).toBeInstanceOf(ExamplesError);
  expect(error).toHaveProperty("message", expect.stringContaining("embeddings of 1 and 3 numbers"));
  await expect(lab.evaluate(play)).rejects.toThrow("embeddings of 1 and 3 numbers");
  // As the message says.
  const [, query = ""] = /query: "(DELETE.*)" }\)$/.exec((error as Error).message) ?? [];
  await lab.clickhouse.command({ query });
  await insert([]);
  await expect(lab.teach(teach)).rejects.toThrow("embeddings of 0 numbers");
  await lab.clickhouse.command({ query });
  expect((await lab.teach(teach)).written).toBeGreaterThan(0);
  await lab.clickhouse.command({ query });
});

test("in the worlds that it was taught in, the variant plays what it was taught", async () => {
  const { id } = await lab.evaluate({ ...options, variants: [variant] });
  const { train } = await lab.examples({ run: id, render: "rule_based" });
  const played = (episodes: Examples["train"]) =>
    Object.fromEntries(
      episodes.map(({ task, seed, steps }) => [`${task} ${seed}`, steps.map((s) => s.played)]),
    );
  expect(taught.train.length).toBeGreaterThan(6);
  expect(played(train)).toMatchObject(played(taught.train));
  const [row] = await lab.episodes({ run: id });
  expect(row).toMatchObject({
    model: "hashed_words, nearest_example",
    provider: "local",
    input_tokens: expect.any(Number),
    output_tokens: expect.any(Number),
  });
});

test("a run is not resumed with other examples than it began with", async () => {
  const small = { ...options, episodes: 1 };
  const { id } = await lab.evaluate({ ...small, variants: [variant] });
  const other = await lab.evaluate({ ...small, seed: 900, variants: ["rule_based"] });
  const { train } = await lab.examples({ run: other.id });
  await lab.teach({ variant, episodes: train, historyLength: 1 });
  await expect(lab.evaluate({ run: id })).rejects.toThrow(/examples/);
});

test("what cannot be taught, or played, is refused", async () => {
  const teach = (more: object) => lab.teach({ variant, episodes: taught.train, ...more });
  for (const [more, message] of [
    [{ episode: [] }, 'lab.teach has no option "episode". Did you mean "episodes"?'],
    [{ episodes: taught }, "it must be a list, such as `train` of what lab.examples gives"],
    [{ variant: undefined }, "Unknown variant of in-context learning: undefined"],
    [{ variant: "nearest_exampl" }, 'Did you mean "nearest_example"'],
    [{ variant: "rule_based" }, "Unknown variant of in-context learning"],
    [{ historyLength: -1 }, "historyLength is -1"],
  ] as const) {
    const error = await teach(more).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(ExamplesError);
    expect((error as Error).message).toContain(message);
  }
  for (const nothing of [undefined, null, "nearest_example"])
    await expect(lab.teach(nothing as never)).rejects.toThrow(ExamplesError);
  await expect(lab.examples({ run, render: variant })).rejects.toThrow("is shown the examples");
  const empty = lab.evaluate({ ...options, variants: ["in_context"] });
  await expect(empty).rejects.toThrow(SettingsError);
  await expect(empty).rejects.toThrow("in_context has no examples to be shown: lab.teach");
});
