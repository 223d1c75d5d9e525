import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "../clickhouse/connect";
import { createGateway } from "../gateway";
import { warningsOf } from "./key-warnings";

const env = {
  OPENAI_API_KEY: "k",
  GEMINI_API_KEY: "k",
  TOGETHER_API_KEY: "k",
  OURS: "k",
  EMPTY: "",
};
const ask = (apiBase: string, name: string) =>
  warningsOf({ apiBase, apiKey: { kind: "env", name }, extraHeaders: [] }, env);

test.each([
  ["https://api.openai.com/v1/", "OPENAI_API_KEY"],
  ["https://eu.api.openai.com/v1/", "OPENAI_API_KEY"],
  ["https://generativelanguage.googleapis.com/v1beta/openai/", "GEMINI_API_KEY"],
  ["https://api.together.xyz/v1/", "TOGETHER_API_KEY"],
  ["https://models.example/v1/", "OURS"],
  ["http://localhost:8000/v1/", "OURS"],
  ["http://127.0.0.2/v1/", "OURS"],
  ["http://[::1]:1/v1/", "OURS"],
  ["http://models.example/v1/", "EMPTY"],
  ["http://models.example/v1/", "MISSING"],
])("%s may have %s", (apiBase, name) => {
  expect(ask(apiBase, name)).toEqual([]);
});

const ASTRAY = "which is not openai.com.";
const OPEN = "unencrypted";
test.each([
  ["http://localhost:4000/v1/", "OPENAI_API_KEY", [ASTRAY]],
  ["https://api.openai.com.example/v1/", "OPENAI_API_KEY", [ASTRAY]],
  ["https://notopenai.com/v1/", "OPENAI_API_KEY", [ASTRAY]],
  ["https://openrouter.ai/api/v1/", "OPENAI_API_KEY", [ASTRAY]],
  ["http://api.openai.com/v1/", "OPENAI_API_KEY", [OPEN]],
  ["http://192.168.1.5:8000/v1/", "OPENAI_API_KEY", [ASTRAY, OPEN]],
  ["http://192.168.1.5:8000/v1/", "OURS", [OPEN]],
])("%s should not have %s", (apiBase, name, words) => {
  const warnings = ask(apiBase, name);
  expect(warnings).toEqual(words.map((text) => expect.stringContaining(text)));
  for (const warning of warnings) {
    expect(warning).toContain(`The key ${name} would be sent to ${new URL(apiBase).host}`);
  }
});

test("a key from a file or of requests, one of two, and a header's may not go unencrypted", () => {
  const apiBase = "http://models.example/v1/";
  const first = { kind: "path", path: "key.txt" } as const;
  const second = { kind: "dynamic", name: "theirs" } as const;
  const extraHeaders = [
    { name: "x-api-key", value: "k" },
    { name: "x-title", value: "t" },
    { name: "authorization", delete: true as const },
  ];
  const given = { apiBase, apiKey: { kind: "fallback", first, second } as const, extraHeaders };
  expect(warningsOf(given, {})).toEqual([
    expect.stringMatching(/^The key in key.txt would be sent to models.example unencrypted/),
    expect.stringMatching(/^The key theirs of requests .*unencrypted/),
    expect.stringMatching(/^The header x-api-key .*unencrypted/),
  ]);
});

test("a gateway that opens says each once", async () => {
  const folder = mkdtempSync(join(tmpdir(), "keys-"));
  const configPath = join(folder, "tensorzero.toml");
  const model = (name: string) => `[models.${name}]
routing = ["p"]
[models.${name}.providers.p]
type = "openai"
model_name = "m"
api_base = "http://localhost:4000/v1/"
`;
  writeFileSync(configPath, model("a") + model("b"));
  const clickhouse = await connect({ dataDir: ":memory:" });
  const told: unknown[] = [];
  const onError = (error: unknown) => told.push(error);
  const gateway = await createGateway({ configPath, clickhouse, env, onError });
  expect(told).toEqual([
    expect.objectContaining({
      name: "KeyWarning",
      message: expect.stringContaining("The key OPENAI_API_KEY would be sent to localhost:4000"),
    }),
  ]);
  await gateway.close();
  await clickhouse.close();
  rmSync(folder, { recursive: true });
});
