import { mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { make, tasks } from "babyai";
import type { AgentTurn } from "./agents/local/own-agents";
import { ModelFunctionError } from "./agents/local/own-models";
import { parseResults } from "./analysis/results";
import { resultsTable } from "./analysis/tables/results-table";
import { type EvaluateOptions, SettingsError } from "./experiment/plan/settings";
import { type Lab, openLab } from "./lab";
import { type Annotation, AnnotationError, annotations } from "./queries/annotations";
import type { EpisodeRow } from "./queries/episodes";
import { exportRows } from "./queries/export";
import { latestRun } from "./queries/latest-run";
import { EpisodeNotFoundError, storedEpisode } from "./queries/steps";
import { overviews } from "./view/data/overview";

const dataDir = mkdtempSync(join(tmpdir(), "lab-"));
let lab: Lab;
const log = jest.fn();
let today = new Date("2026-10-01");

beforeAll(async () => {
  lab = await openLab({ gateway: "embedded", dataDir, now: () => today, log });
});
afterAll(async () => {
  await lab.close();
  rmSync(dataDir, { recursive: true });
});

async function select<Row>(query: string, query_params: Record<string, unknown>): Promise<Row[]> {
  const result = await lab.clickhouse.query({ query, query_params, format: "JSONEachRow" });
  return result.json<Row>();
}

test("what ClickHouse holds of a run, replayed on the environment, gives the outcomes it holds", async () => {
  const options: EvaluateOptions = { variants: ["random", "rule_based_history"], episodes: 1 };
  const run = await lab.evaluate(options);
  expect(run).toMatchObject({ planned: 10, completed: 10, failed: 0, stopped: null, spentUsd: 0 });

  const rows = await lab.episodes({ run: run.id });
  expect(rows).toHaveLength(10);
  expect(new Set(rows.map(({ variant, task, seed }) => `${variant} ${task} ${seed}`)).size).toBe(
    10,
  );
  const stored = await select<{ id: string; step: string; observation: string; action: string }>(
    `SELECT
       episode_id AS id,
       tags['step'] AS step,
       JSONExtractString(JSONExtractRaw(JSONExtractArrayRaw(input, 'messages')[1], 'content', 1), 'arguments', 'observation') AS observation,
       JSONExtractString(output, 'parsed', 'action') AS action
     FROM JsonInference
     WHERE tags['run'] = {run:String}
     ORDER BY toUInt32(step)`,
    { run: run.id },
  );
  for (const row of rows) {
    const steps = stored.filter(({ id }) => id === row.episode_id);
    const env = make(row.task);
    let { observation } = env.reset({ seed: row.seed });
    let episodeReturn = 0;
    for (const [i, step] of steps.entries()) {
      expect(step).toMatchObject({ step: String(i), observation: observation.text });
      const result = env.step(step.action as Parameters<typeof env.step>[0]);
      observation = result.observation;
      episodeReturn += result.reward;
    }
    expect(env.terminated || env.truncated).toBe(true);
    expect(row).toMatchObject({
      run: run.id,
      success: episodeReturn > 0,
      progression: episodeReturn > 0 ? 1 : 0,
      episode_length: steps.length,
      inferences: steps.length,
      model: row.variant === "random" ? "random" : "rule_based",
      invalid_actions: 0,
      error: null,
    });
    // ClickHouse keeps metrics as Float32.
    expect(Math.fround(row.episode_return ?? Number.NaN)).toBe(Math.fround(episodeReturn));
    expect(row.input_tokens).toBeGreaterThan(100 * steps.length);
    expect(row.output_tokens).toBeGreaterThan(4 * steps.length);
  }
  const solved = rows.filter(({ variant, success }) => variant === "rule_based_history" && success);
  expect(solved.length).toBeGreaterThanOrEqual(4);
});

test("a run has a name and a note, which a resume keeps or changes; a helper is not the latest", async () => {
  const options = { variants: ["rule_based"], tasks: ["BabyAI-GoToObj-v0"], episodes: 1 };
  const { id: run } = await lab.evaluate({ ...options, name: "first try", note: "of two\nlines" });
  const gallery = await lab.evaluate({ ...options, helper: true });
  const rows = async () => new Map((await lab.runs()).map((row) => [row.run, row]));
  const label = { name: "first try", note: "of two\nlines", helper: false };
  const first = await rows();
  expect(first.get(run)).toMatchObject(label);
  expect(first.get(gallery.id)).toMatchObject({ name: null, note: null, helper: true });
  expect(await latestRun(lab.clickhouse)).toBe(run);
  await lab.evaluate({ run, episodes: 2 });
  expect((await rows()).get(run)).toMatchObject({ ...label, planned: 2 });
  await lab.evaluate({ run, name: "second" });
  expect((await rows()).get(run)).toMatchObject({ ...label, name: "second", planned: 2 });
});

test("two runs are compared on the worlds that they share, with names of their own", async () => {
  const options = { variants: ["rule_based"], tasks: ["BabyAI-GoToObj-v0"], episodes: 3 };
  const { id: a } = await lab.evaluate({ ...options, name: "one" });
  const { id: b } = await lab.evaluate({ ...options, seed: 201, name: "two" });
  const { rows, pairs } = await lab.compare([a, b], "episode_length");
  expect(new Set(rows.map(({ run, variant }) => `${run} ${variant}`))).toEqual(
    new Set([`${a} rule_based · one`, `${b} rule_based · two`]),
  );
  expect(pairs).toMatchObject([{ a: "rule_based · one", b: "rule_based · two", unpaired: 2 }]);
  expect(pairs[0]!.difference.n).toBe(2);
  for (const table of ["episodes", "steps"] as const) {
    const exported = JSON.parse(
      await text(await exportRows(lab.clickhouse, { run: [b, a], table, format: "json" })),
    ) as EpisodeRow[];
    const count = table === "episodes" ? 6 : rows.reduce((sum, row) => sum + row.inferences, 0);
    expect(exported).toHaveLength(count);
    const alone = JSON.parse(
      await text(await exportRows(lab.clickhouse, { run: b, table, format: "json" })),
    ) as EpisodeRow[];
    expect(exported.slice(0, alone.length)).toEqual(alone);
    expect(new Set(exported.map(({ run }) => run))).toEqual(new Set([b, a]));
  }
  const pooled = [...(await lab.episodes({ run: a })), ...(await lab.episodes({ run: b }))];
  expect(() => resultsTable(pooled)).toThrow("which would be pooled");
  const { id: far } = await lab.evaluate({ ...options, episodes: 1, seed: 900 });
  await expect(lab.compare([a, far])).rejects.toThrow("have played the same worlds");
  await expect(lab.compare([a, a])).rejects.toThrow("Two runs or more");
  await expect(lab.compare(a as never)).rejects.toThrow("are a list of ids");
  await expect(lab.compare([a, b], "succes" as never)).rejects.toThrow("There are: success,");
  await expect(lab.compare([a, "nowhere"])).rejects.toThrow('no run "nowhere"');
});

test("SQL of one's own: bound values, counts as numbers, what is beyond them as bigint", async () => {
  const text = "it's '; DROP TABLE x -- é";
  const at = new Date("2026-01-02T03:04:05.678Z");
  const wide = await lab.sql<{ n: number }>`
    SELECT toUInt64(3) AS n, toInt64(-4) AS m, 18446744073709551615::UInt64 AS big, [toUInt64(1), 2] AS list, map('k', toUInt64(7)) AS map,
      CAST(NULL AS Nullable(UInt64)) AS none, ${text} AS text, ${2.5} + 1 AS x, ${7} AS i, ${true} AS yes, ${null} AS nothing, ${["a", "b"]} AS texts,
      toUnixTimestamp64Milli(${at}) AS at`;
  expect(wide).toEqual([
    {
      ...{ n: 3, m: -4, big: 18446744073709551615n, list: [1, 2], map: { k: 7 }, none: null, text },
      ...{ x: 3.5, i: 7, yes: true, nothing: null, texts: ["a", "b"], at: at.getTime() },
    },
  ]);
  const [{ n }] = (await lab.sql<{ n: number }>`SELECT count() AS n FROM JsonInference`) as [
    { n: number },
  ];
  expect(Number.isSafeInteger(n)).toBe(true);
  await expect(lab.sql`SELECT ${Number.NaN}`).rejects.toThrow("A query cannot be given null");
});

test("a function in a cell plays as an agent: through the gateway, stored, named as what it is", async () => {
  const seen: AgentTurn[] = [];
  const forward = (turn: AgentTurn) => {
    seen.push(turn);
    return turn.step % 3 === 2 ? "turn left" : { action: "go forward" };
  };
  const options = { tasks: ["BabyAI-GoToObj-v0"], episodes: 1, concurrency: 1 };
  const run = await lab.evaluate({ ...options, agents: { forward, mute: () => undefined } });
  expect(run).toMatchObject({ completed: 2, failed: 0, spentUsd: 0 });
  const rows = await lab.episodes({ run: run.id });
  const own = rows.filter(({ variant }) => variant === "forward");
  expect(own).toMatchObject([{ provider: "local", invalid_actions: 0 }]);
  expect(own[0]!.model).toMatch(/^agent:forward@[0-9a-f]{8}$/);
  const mute = rows.filter(({ variant }) => variant === "mute");
  expect(mute[0]!.invalid_actions).toBe(mute[0]!.episode_length);
  // It was asked step by step with what the world showed, and its actions are those that were played.
  const first = seen.slice(0, own[0]!.episode_length!);
  expect(first.map(({ step }) => step)).toEqual(first.map((_, i) => i));
  const { steps } = await storedEpisode(lab.clickhouse, own[0]!.episode_id!);
  expect(first.map(({ observation }) => observation.text)).toEqual(
    steps.map(({ observation }) => observation),
  );
  expect(first[4]!.past.slice(-2)).toEqual([
    { observation: steps[2]!.observation, action: "turn left" },
    { observation: steps[3]!.observation, action: "go forward" },
  ]);
  expect((await lab.runs()).find((row) => row.run === run.id)).toMatchObject({ cost_usd: 0 });
  // Another function under the same name is another agent.
  const other = { run: run.id, agents: { forward: () => "drop", mute: () => undefined } };
  await expect(lab.evaluate({ ...other, episodes: 2 })).rejects.toThrow("forward's model was");
  await expect(lab.evaluate({ agents: { random: forward } })).rejects.toThrow("random");
  const oddNames = ["", " ", "a\nb", "a::b"].map((name) => ({ [name]: forward }));
  for (const agents of [{ it: {} }, {}, null, ...oddNames])
    await expect(lab.evaluate({ ...options, agents: agents as never })).rejects.toThrow(
      ModelFunctionError,
    );
  await expect(lab.evaluate({ run: run.id, episodes: 2 })).rejects.toThrow(
    "was played by functions, forward, mute: only who has them can go on",
  );
});

test("a comment and a rating from a cell are feedback on the episode, and come back in its row", async () => {
  const options = { variants: ["rule_based"], tasks: ["BabyAI-GoToObj-v0"], episodes: 2 };
  const run = (await lab.evaluate(options)).id;
  const [first, second] = await lab.episodes({ run });
  expect(first).toMatchObject({ rating: null, comment: null });
  const id = first!.episode_id!;
  await lab.annotate(id, { rating: 2, comment: "turns in a circle" });
  await lab.annotate(id, { rating: 4.5 });
  await lab.annotate(id, { comment: 'né "Ω"\n2' });
  expect(await lab.episodes({ run })).toEqual([
    { ...first, rating: 4.5, comment: 'né "Ω"\n2' },
    second,
  ]);
  const at = expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/);
  expect(await annotations(lab.clickhouse, id)).toEqual([
    { at, rating: 2, comment: null },
    { at, rating: null, comment: "turns in a circle" },
    { at, rating: 4.5, comment: null },
    { at, rating: null, comment: 'né "Ω"\n2' },
  ]);
  // It is TensorZero's feedback, tagged as all of the run's is, and the run is as finished as before.
  expect(
    await select(
      "SELECT metric_name, value, tags['run'] AS run, tags['seed'] AS seed FROM FloatMetricFeedback WHERE target_id = {id:UUID} AND metric_name = 'rating' ORDER BY value",
      { id },
    ),
  ).toMatchObject([
    { metric_name: "rating", value: 2, run, seed: String(first!.seed) },
    { value: 4.5 },
  ]);
  expect((await lab.runs()).find((row) => row.run === run)).toMatchObject({
    ...{ state: "finished", completed: 2, damaged: 0, failed: 0, cut_off: 0 },
  });
  const csv = await text(
    await exportRows(lab.clickhouse, { run, table: "episodes", format: "csv" }),
  );
  expect(csv.split("\n")[0]).toContain('"rating","comment"');
});

test.each<[Annotation, string]>([
  [{}, "got neither"],
  [{ rating: 0 }, "rating is 0: it must be a number from 1 to 5"],
  [{ rating: Number.NaN }, "rating is null"],
  [{ comment: " \n" }, 'comment is " \\n"'],
  [{ rating: 3, coment: "x" } as Annotation, 'no option "coment". Did you mean "comment"?'],
  [null as never, "is given null"],
])("%p is no annotation", async (annotation, message) => {
  const thrown = lab.annotate("01900000-0000-7000-8000-000000000000", annotation);
  await expect(thrown).rejects.toThrow(message);
  await expect(thrown).rejects.toThrow(AnnotationError);
});

test("an episode that is not stored cannot be annotated", async () => {
  for (const id of ["01900000-0000-7000-8000-000000000000", "no id"])
    await expect(lab.annotate(id, { rating: 1 })).rejects.toThrow(EpisodeNotFoundError);
});

test("a typo in a variant's name is refused with the names that there are", async () => {
  await expect(lab.evaluate({ variants: ["rule_bsed"] })).rejects.toThrow(
    /^Unknown variant "rule_bsed"\. Did you mean "rule_based"\? npm run model -- list lists those of config\/\.$/,
  );
});

test("an option that there is not, or no options, is refused", async () => {
  for (const call of [lab.evaluate, lab.plan, lab.demonstrate] as ((given: unknown) => unknown)[]) {
    const refused = (given?: unknown) => expect(call(given)).rejects;
    for (const nothing of [undefined, null, ["random"]])
      await refused(nothing).toThrow(SettingsError);
    const typo = { variant: "random", variants: ["random"], episode: 1 };
    await refused(typo).toThrow(SettingsError);
    await refused({ episode: 1 }).toThrow('has no option "episode". Did you mean "episodes"');
  }
});

describe("a run that was stopped", () => {
  const options = { variants: ["rule_based", "random"], tasks: [tasks[0]!, tasks[1]!] };
  let id: string;

  beforeAll(async () => {
    const stop = new AbortController();
    const onProgress = ({ done }: { done: number }) => done >= 5 && stop.abort();
    const failing = jest.spyOn(lab.gateway, "infer");
    failing.mockRejectedValueOnce(new Error("provider is down"));
    const run = await lab.evaluate({
      ...options,
      episodes: 3,
      concurrency: 4,
      signal: stop.signal,
      onProgress,
    });
    failing.mockRestore();
    id = run.id;
    expect(run).toMatchObject({
      ...{ planned: 12, failed: 1, lastError: "provider is down", stopped: "interrupted" },
    });
    expect(run.text).toContain(`npm start -- --resume ${id}`);
  });

  test("refuses other settings, and says which", async () => {
    await expect(lab.evaluate({ run: id, historyLength: 3 })).rejects.toThrow(
      `Run ${id} was played with other settings: historyLength was 8, is 3.`,
    );
    await expect(lab.evaluate({ run: id, variants: ["random"] })).rejects.toThrow(
      "variants left out: rule_based",
    );
    await expect(lab.evaluate({ run: "nowhere" })).rejects.toThrow(
      'The store has no run "nowhere". The newest are ',
    );
  });

  test("plays what is missing when it is resumed; the halves are kept apart", async () => {
    const [before] = (await lab.runs()).filter(({ run }) => run === id);
    expect(before).toMatchObject({ planned: 12, failed: 1, cost_usd: 0, state: "unfinished" });
    expect(await overviews(lab.clickhouse, id)).toMatchObject([{ state: "unfinished" }]);
    expect(before!.completed + before!.failed + before!.cut_off).toBeLessThan(12);
    expect(before!.cut_off).toBeGreaterThan(0);
    const rowsBefore = await lab.episodes({ run: id });
    const names = rowsBefore.map(({ task, seed, variant }) => `${task} ${seed} ${variant}`);
    expect(new Set(names).size).toBe(12);
    expect(names).toEqual([...names].sort());
    const [random] = resultsTable(rowsBefore);
    expect(random).toMatchObject({
      variant: "random",
      episodes: 6,
      unfinished: expect.stringMatching(/^[0-5] of 6 ended$/),
    });
    // A failed episode is kept with its error, beside the others.
    expect(rowsBefore.filter(({ error }) => error !== null)).toMatchObject([
      { task: tasks[0], seed: 200, success: null, inferences: 0, error: "provider is down" },
    ]);
    const neverBegun = rowsBefore.filter((row) => row.episode_id === null && row.error === null);
    expect(neverBegun).toHaveLength(12 - before!.completed - before!.failed - before!.cut_off);
    for (const { success, inferences } of neverBegun)
      expect([success, inferences]).toEqual([null, 0]);
    const missing = 12 - before!.completed;
    expect((await lab.plan({ run: id })).text).toContain(
      `Episodes: ${missing} that are missing of 12`,
    );

    const run = await lab.evaluate({ run: id, concurrency: 3 });
    expect(run).toMatchObject({ id, completed: 12, failed: 0, completedBefore: 12 - missing });
    const rows = await lab.episodes({ run: id });
    expect(rows.map(({ task, seed, variant }) => `${task} ${seed} ${variant}`)).toEqual(names);
    expect(resultsTable(rows)[0]).not.toHaveProperty("unfinished");
    for (const row of rows) {
      expect(row).toMatchObject({ error: null, inferences: row.episode_length });
    }
    const replaced = (await lab.tries({ run: id })).filter((row) => row.replaced);
    expect(replaced).toHaveLength(before!.failed + before!.cut_off);
    expect(replaced.filter(({ error }) => error === "provider is down")).toHaveLength(1);
    for (const { success, episode_return } of replaced) {
      expect([success, episode_return]).toEqual([null, null]);
    }
    const [after] = (await lab.runs()).filter((row) => row.run === id);
    expect(after).toMatchObject({ state: "finished", completed: 12, failed: 0, cut_off: 0 });
  });

  test("plays nothing when nothing is missing, and more when told to", async () => {
    const again = await lab.evaluate({ run: id });
    expect(again).toMatchObject({ completed: 12, completedBefore: 12, stopped: null });
    const more = await lab.evaluate({ run: id, episodes: 4, acceptChanges: true });
    expect(more).toMatchObject({ planned: 16, completed: 16, completedBefore: 12 });
    expect(await lab.episodes({ run: id })).toHaveLength(16);
  });
});

test("without a ClickHouse at the address given, openLab says where it looked, and no password", async () => {
  const status = { status: "ok", version: "2026.1.0" };
  const gateway = createServer(({ url }, response) =>
    url === "/status"
      ? response.end(JSON.stringify(status))
      : response.writeHead(302, { location: "http://other.invalid/login" }).end(),
  );
  await new Promise<void>((resolve) => gateway.listen(0, "127.0.0.1", resolve));
  const { port } = gateway.address() as AddressInfo;
  process.env.TENSORZERO_GATEWAY_URL = `http://127.0.0.1:${port}`;
  process.env.CLICKHOUSE_URL = "http://chuser:chsecret@127.0.0.1:1/tensorzero";
  try {
    const error = await openLab().catch((thrown) => thrown);
    expect(error).toMatchObject({ name: "StoreOpenError", code: "unreachable" });
    expect(error.message).toMatch(/^ClickHouse at 127\.0\.0\.1:1 takes no query .*CLICKHOUSE_URL/);
    expect(error.message).not.toContain("chsecret");
    process.env.CLICKHOUSE_URL = `http://chuser:chsecret@127.0.0.1:${port}/tensorzero`;
    const sentOn = await openLab().catch((thrown) => thrown);
    expect(sentOn).toMatchObject({ name: "StoreOpenError", cause: { name: "RedirectError" } });
    expect(sentOn.message).toContain(
      `127.0.0.1:${port} sends requests on to http://other.invalid/login`,
    );
  } finally {
    delete process.env.TENSORZERO_GATEWAY_URL;
    delete process.env.CLICKHOUSE_URL;
    await new Promise((resolve) => gateway.close(resolve));
  }
});

test("a TensorZero gateway is asked for its keys, and without one the local agents play", async () => {
  const asked: { dryrun?: boolean }[] = [];
  const error =
    "All variants failed with errors: m: API key missing for provider OpenAI: Environment variable `OPENAI_API_KEY` is missing";
  const server = createServer(async (request, response) => {
    if (request.url === "/status") return response.end('{"status":"ok","version":"2026.6.0"}');
    if (request.url !== "/inference") return response.end("1\n"); // ClickHouse's answer to SELECT 1
    asked.push(JSON.parse(await text(request)));
    return response.writeHead(502).end(JSON.stringify({ error }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  process.env.TENSORZERO_GATEWAY_URL = `http://127.0.0.1:${port}`;
  process.env.CLICKHOUSE_URL = `http://127.0.0.1:${port}`;
  process.env.OPENAI_API_KEY = "sk-ours-not-the-gateways";
  try {
    const remote = await openLab({ now: () => today, log });
    expect(await remote.defaultVariants()).toEqual(["random", "rule_based", "rule_based_history"]);
    expect(asked.length).toBeGreaterThanOrEqual(2);
    for (const body of asked) expect(body).toMatchObject({ dryrun: true });
    const told = log.mock.calls.flat();
    expect(told).toContain("So the local agents play: rules, not language models.");
    expect(told.join("\n")).toMatch(
      /gpt-4o-mini-2024-07-18 is left out: .*`OPENAI_API_KEY` is missing/,
    );
    await remote.close();
  } finally {
    delete process.env.TENSORZERO_GATEWAY_URL;
    delete process.env.CLICKHOUSE_URL;
    delete process.env.OPENAI_API_KEY;
    await new Promise((resolve) => server.close(resolve));
  }
});

test("an interrupt lets the episodes under way end; a kernel's own listener waits", async () => {
  const kernels = jest.fn();
  process.on("SIGINT", kernels);
  try {
    let sent = false;
    const onProgress = ({ answers }: { answers: number }) => {
      if (answers > 0 && !sent) sent = process.emit("SIGINT");
    };
    const run = await lab.evaluate({
      ...{ variants: ["rule_based"], tasks: [tasks[0]!], episodes: 50, concurrency: 3, onProgress },
    });
    expect(run).toMatchObject({ stopped: "interrupted", failed: 0 });
    expect(run.completed).toBeGreaterThanOrEqual(3);
    expect(run.completed).toBeLessThan(run.planned);
    const rows = await lab.episodes({ run: run.id });
    expect(rows).toHaveLength(run.planned);
    expect(rows.filter(({ success }) => success !== null)).toHaveLength(run.completed);
    expect(kernels).not.toHaveBeenCalled();
    expect(process.listeners("SIGINT")).toContain(kernels);
  } finally {
    process.off("SIGINT", kernels);
  }
});

test("what a run has played is saved although its charts cannot be drawn", async () => {
  log.mockClear();
  const worlds = [
    { task: tasks[0]!, seed: 200 },
    { task: tasks[1]!, seed: 7 },
  ];
  const run = await lab.evaluate({ variants: ["rule_based"], worlds });
  const folder = join(__dirname, "../../../data/.local/runs", run.id);
  mkdirSync(join(folder, "success_rate.svg"), { recursive: true }); // where a chart is to be written
  const { directory, charts } = await lab.save(run);
  expect([directory, charts]).toEqual([folder, []]);
  expect(log.mock.calls).toEqual([
    [expect.stringMatching(/^The charts were not drawn: EISDIR.*results\.json\.$/)],
  ]);
  const path = join(directory, "results.json");
  const { provenance, episodes } = parseResults(readFileSync(path, "utf8"), path);
  expect(provenance.models).toEqual({ rule_based: "rule_based" });
  expect(provenance.seeds).toBe("2 worlds of 2 tasks, listed with the episodes");
  const stored = await lab.episodes({ run: run.id });
  expect(stored).toEqual(episodes.map((row) => ({ ...row, rating: null, comment: null })));
  const played = { model: "rule_based", provider: "local", success: true };
  expect(episodes).toMatchObject([played, played]);
  rmSync(folder, { recursive: true });
});

test("a run that is not there has no episodes; no run, or another option, is refused", async () => {
  expect(await lab.episodes({ run: "nowhere" })).toEqual([]);
  for (const query of [lab.episodes, lab.tries, lab.aggregates] as ((given: unknown) => unknown)[])
    for (const given of [undefined, {}, { run: "" }, { run: undefined }, { runs: "nowhere" }])
      await expect(query(given)).rejects.toThrow(SettingsError);
});

test("pages are served with no other options than a port", async () => {
  for (const given of [3040, { prot: 1 }, { port: "3040" }, { port: 65_536 }])
    await expect(lab.view(given as never)).rejects.toThrow(SettingsError);
});

test("the plan tells calls and cost before anything is spent", async () => {
  const plan = await lab.plan({ variants: ["baseline", "history_and_reasoning"], episodes: 1 });
  expect(plan.callsAtMost).toBe(2 * (64 + 64 + 128 + 128 + 128));
  expect(plan.usdLikely).toBeGreaterThan(0.05);
  expect(plan.usdLikely).toBeLessThan(0.5);
  expect(plan.usdAtMost).toBeGreaterThan(3 * plan.usdLikely!);
  expect(plan.usdAtMost).toBeLessThan(100 * plan.usdLikely!);
});

test("a model near its end is announced; after it only its variants are refused, with the successor", async () => {
  const names = { variants: ["baseline", "rule_based"], episodes: 1 };
  expect((await lab.plan(names)).text).not.toContain("shuts down");
  today = new Date("2026-11-26");
  expect((await lab.plan(names)).text).toMatch(
    /\nopenai::gpt-4o-mini-2024-07-18 shuts down in 49 days, on 2027-01-14; its successor is openai::gpt-6-luna\.$/,
  );
  today = new Date("2027-01-15");
  const refusal = {
    name: "SettingsError",
    message: expect.stringMatching(
      /^baseline cannot be played: openai::gpt-4o-mini-2024-07-18 was shut down on 2027-01-14; its successor is openai::gpt-6-luna\. Play gpt-6-luna_baseline, .+ instead\.$/,
    ),
  };
  await expect(lab.plan(names)).rejects.toMatchObject(refusal);
  await expect(lab.evaluate(names)).rejects.toMatchObject(refusal);
  await expect(lab.demonstrate({ variant: "baseline" })).rejects.toMatchObject(refusal);
  expect(
    await lab.evaluate({ variants: ["rule_based"], tasks: [tasks[0]!], episodes: 1 }),
  ).toMatchObject({
    completed: 1,
  });
});
