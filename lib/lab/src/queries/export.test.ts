import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import type { ClickHouseClient } from "@clickhouse/client";
import { connect, type Up, up, uuidv7 } from "embedded-gateway";
import { SHIPPED_CONFIG } from "embedded-gateway/testing/shipped-config";
import { localModels } from "../agents/local/app";
import { exportRows } from "./export";

const dataDir = mkdtempSync(join(tmpdir(), "export-"));
let served: Up;
let client: ClickHouseClient;

beforeAll(async () => {
  const ports = { gateway: 0, clickhouse: 0, models: 0 };
  const env = { OPENAI_API_KEY: "sk-none" };
  const password = "chpassword";
  served = await up({
    ...{ configPath: SHIPPED_CONFIG, dataDir, models: localModels(), ports, env, password },
  });
  const url = new URL(`${served.urls.clickhouse}/tensorzero`);
  Object.assign(url, { username: "chuser", password });
  client = await connect({ url: url.href });
});

afterAll(async () => {
  await client.close();
  await served.close();
  rmSync(dataDir, { recursive: true });
});

test("a run's steps are exported with the actions that were played", async () => {
  const answers = ['{"action":"drop","action":"toggle"}', '{"action":"drop"', null];
  await client.insert({
    table: "JsonInference",
    format: "JSONEachRow",
    values: answers.map((raw, step) => ({
      id: uuidv7(),
      function_name: "act",
      episode_id: uuidv7(),
      input: "{}",
      output: JSON.stringify({ raw, parsed: null }),
      tags: { run: "r", task: "t", seed: "1", step: String(step) },
    })),
  });
  const options = { run: "r", table: "steps", format: "json" } as const;
  const [one, two] = await Promise.all([exportRows(client, options), exportRows(client, options)]);
  const rows = JSON.parse((await buffer(one)).toString()) as {
    step: number;
    action: string | null;
  }[];
  const played = rows.sort((a, b) => a.step - b.step).map(({ action }) => action);
  expect(played).toEqual(["toggle", null, null]);
  expect(JSON.parse((await buffer(two)).toString())).toHaveLength(3);
});

test("a CSV's texts are none that a spreadsheet runs, and its numbers stay numbers", async () => {
  const answer = '=HYPERLINK("http://evil.invalid","x")';
  await client.insert({
    table: "JsonInference",
    format: "JSONEachRow",
    values: [
      {
        id: uuidv7(),
        function_name: "act",
        variant_name: "@SUM(A1)",
        episode_id: uuidv7(),
        input: "{}",
        output: JSON.stringify({ raw: answer, parsed: null }),
        tags: { run: "formula", task: "-t", seed: "-1", step: "0" },
      },
    ],
  });
  const exported = await exportRows(client, { run: "formula", table: "steps", format: "csv" });
  const csv = (await buffer(exported)).toString();
  const [names, row] = csv.split("\n");
  expect(names).toMatch(/^"run","variant","task","seed",/);
  expect(row).toMatch(/^"formula","'@SUM\(A1\)","'-t",-1,/);
  expect(row).toContain(`"'${answer.replaceAll('"', '""')}"`);
});
