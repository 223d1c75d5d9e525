import { spawnSync } from "node:child_process";
import { join } from "node:path";

test.each([["runs"], ["export", "rows.csv"], ["replay", "00000000-0000-7000-8000-000000000000"]])(
  "npm run %s says in a line why it cannot open gateway and store",
  (command, ...args) => {
    const env = {
      ...process.env,
      CLICKHOUSE_URL: "http://localhost:1",
      TENSORZERO_GATEWAY_URL: "",
    };
    const script = join(__dirname, `${command}.mjs`);
    const { status, stderr } = spawnSync(process.execPath, [script, ...args], {
      encoding: "utf8",
      env,
    });
    expect([status, stderr]).toEqual([
      1,
      expect.stringMatching(/^CLICKHOUSE_URL is set without TENSORZERO_GATEWAY_URL .*\n$/),
    ]);
  },
);
