import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { script } from "embedded-gateway/testing/script";

const folder = mkdtempSync(join(tmpdir(), "utc-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A UUIDv7 of 2026-01-01 12:00:00 UTC, which is another day or half hour in the zones below.
const id = "019b796d-d600-7000-8000-000000000000";
const config = join(__dirname, "..", "..", "..", "..", "config", "tensorzero.toml");

/** Stores an inference and a run's settings, then opens the same folder again, twice. */
const opensThrice = (dataDir: string) => `
  const { connect, createGateway } = load("gateway"), { runStates } = load("lab/queries/runs/run-state");
  const values = [{ id: "${id}", function_name: "act", variant_name: "random", episode_id: "${id}", input: "{}",
    output: "{}", output_schema: "{}", inference_params: "{}", tags: { run: "one" } }];
  const seen = [];
  for (let opening = 0; opening < 3; opening++) {
    const clickhouse = await connect({ dataDir: ${JSON.stringify(dataDir)} });
    if (opening === 0) await clickhouse.insert({ table: "JsonInference", values, format: "JSONEachRow" });
    const query = "SELECT timestamp, toString(timestamp) AS text, toHour(timestamp) AS hour FROM JsonInference";
    const [row] = await (await clickhouse.query({ query, format: "JSONEachRow" })).json();
    const gateway = await createGateway({ configPath: ${JSON.stringify(config)}, clickhouse, env: {} });
    const listed = await gateway.app.request("/v1/inferences/get_inferences", { method: "POST", body: '{"ids":["${id}"]}' });
    const [run] = await runStates(clickhouse);
    seen.push({ ...row, first: run.first, last: run.last, listed: (await listed.json()).inferences[0].timestamp });
    await gateway.close();
    await clickhouse.close();
  }
  console.log(JSON.stringify({ seen, offset: new Date(0).getTimezoneOffset() }));`;

test.each([
  ["America/New_York", 300],
  ["Asia/Kolkata", -330],
])(
  "times are UTC with TZ=%s, whenever the store is opened, and the process keeps its zone",
  (TZ, offset) => {
    const { stdout, stderr } = spawnSync(process.execPath, script(opensThrice(join(folder, TZ))), {
      encoding: "utf8",
      env: { ...process.env, TZ },
    });
    const noon = "2026-01-01 12:00:00";
    const row = { timestamp: noon, text: noon, hour: 12, first: noon, last: noon };
    const seen = { ...row, listed: "2026-01-01T12:00:00Z" };
    expect(stdout === "" ? stderr : JSON.parse(stdout)).toEqual({
      seen: [seen, seen, seen],
      offset,
    });
  },
);
