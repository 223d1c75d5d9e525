import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
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

let own: Own;
const folder = mkdtempSync(join(tmpdir(), "client-"));
afterAll(async () => {
  await own?.close();
  rmSync(folder, { recursive: true, force: true });
});

(existsSync(python) ? test : test.skip)(
  "TensorZero's Python client on our store: 14 calls",
  async () => {
    const models = new Hono().post("/v1/*", () => completion('{"action":"drop"}'));
    own = await startOwn({ folder, config: join(root, "config"), models });
    const post = async (path: string, body: object) => {
      const init = { method: "POST", body: JSON.stringify(body) };
      return (await fetch(own.gateway + path, init)).json() as Promise<{ episode_id: string }>;
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

    // The examples that its optimizer has stored serve a variant of this gateway.
    const found = await fetch(own.store(DATABASE).replace(/\/\/.*@/, "//"), {
      method: "POST",
      headers: { authorization: `Basic ${btoa("chuser:diff")}` },
      body: `SELECT count() FROM ${DATABASE}.DynamicInContextLearningExample WHERE function_name = 'act' AND variant_name = 'shown'`,
    });
    expect(await found.text()).toBe("5\n");
  },
);
