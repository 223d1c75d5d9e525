import { execFile } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { Hono } from "hono";
import { DATABASE } from "../clickhouse/connect";
import { root } from "../testing/shipped-config";
import { completion } from "../testing/stand-in";
import { PEER } from "./peer";
import { type Own, startOwn } from "./real";

// What this gateway has stored is TensorZero's: its own Python client works on it, where that is installed.

const python = join(root, "data", ".local", "tensorzero-2026.6.0", "bin", "python");
const input = (step: number) => ({
  system: { mission: "go to the red ball" },
  messages: [
    { role: "user", content: { observation: `a red ball ${step} steps forward`, history: "" } },
  ],
});

/** The variant whose examples client.py has made. */
const SHOWN = `
[functions.act.variants.shown]
type = "experimental_dynamic_in_context_learning"
model = "random"
embedding_model = "embedder"
k = 2
json_mode = "on"
`;

let own: Own;
const folder = mkdtempSync(join(tmpdir(), "client-"));
afterAll(async () => {
  await own?.close();
  rmSync(folder, { recursive: true, force: true });
});

(existsSync(python) ? test : test.skip)(
  "TensorZero's Python client on our store: 14 calls, and a variant of ours that shows what its optimizer has stored",
  async () => {
    let asked: { messages: { role: string; content: string }[] } | undefined;
    const models = new Hono().post("/v1/*", async (c) => {
      asked = await c.req.json();
      return completion('{"action":"drop"}');
    });
    const config = join(folder, "config");
    cpSync(join(root, "config"), config, { recursive: true });
    appendFileSync(join(config, "tensorzero.toml"), SHOWN);
    own = await startOwn({ folder, config, models });
    const post = async (path: string, body: object) => {
      const init = { method: "POST", body: JSON.stringify(body) };
      const answer = await fetch(own.gateway + path, init);
      return (await answer.json()) as { episode_id: string; output: { parsed: unknown } };
    };
    const tags = { run: "test" };
    const ask = { function_name: "act", variant_name: "rule_based", tags };
    const { episode_id } = await post("/inference", { ...ask, input: input(0) });
    for (let step = 1; step < 6; step++)
      await post("/inference", { ...ask, input: input(step), episode_id });
    await post("/feedback", { metric_name: "success", episode_id, value: true, tags });

    const args = [join(PEER, "client.py"), own.config, own.store(DATABASE), "test"];
    const { stdout } = await promisify(execFile)(python, args, { maxBuffer: 2 ** 26 });
    const drop = { action: "drop" };
    expect(JSON.parse(stdout.trim().split("\n").at(-1) ?? "")).toEqual({
      list_inferences: Array(5).fill("drop"),
      get_inferences: true,
      experimental_render_samples: Array(5).fill(1),
      create_datapoints_from_inferences: 5,
      create_datapoints: 1,
      list_datapoints: 6,
      get_datapoints: [{ action: "toggle" }],
      update_datapoints: 1,
      delete_datapoints: 5,
      workflow_evaluation_run: true,
      workflow_evaluation_run_episode: true,
      inference: ["rule_based", drop],
      feedback: true,
      experimental_launch_optimization_workflow: "Completed",
    });

    const shown = { ...ask, variant_name: "shown", input: input(3) };
    expect((await post("/inference", shown)).output.parsed).toEqual(drop);
    const [system, ...messages] = asked?.messages ?? [];
    expect(system?.role).toBe("system");
    const [steps, answers] = ["user", "assistant"].map((role) =>
      messages.filter((message) => message.role === role).map(({ content }) => content),
    );
    const example = expect.stringMatching(/"observation":"a red ball [1-5] steps forward"/);
    const now = expect.stringContaining("a red ball 3 steps forward");
    expect(steps).toEqual([example, example, now]);
    expect(answers).toEqual(['{"action":"drop"}', '{"action":"drop"}']);
  },
);
