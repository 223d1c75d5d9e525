import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { createClient } from "@clickhouse/client";
import { Hono } from "hono";
import { readHandover } from "./handover";
import { listen, UpError } from "./listen";
import { type Up, up } from "./up";

const folder = mkdtempSync(join(tmpdir(), "up-test-"));
const TOML = `
[functions.act]
type = "json"
[functions.act.variants.local]
type = "chat_completion"
model = "local"
json_mode = "off"
[models.local]
routing = ["local"]
[models.local.providers.local]
type = "openai"
model_name = "local"
api_base = "http://localhost:3030/v1/"
api_key_location = "none"
`;
const configPath = join(folder, "tensorzero.toml");
writeFileSync(configPath, TOML);
const models = new Hono();
models.post("/v1/chat/completions", (c) =>
  c.json({
    choices: [{ index: 0, message: { role: "assistant", content: "{}" }, finish_reason: "stop" }],
    usage: { prompt_tokens: 1, completion_tokens: 1 },
  }),
);

const ports = { gateway: 0, clickhouse: 0, models: 0 };
const options = { configPath, dataDir: join(folder, "data"), models, env: {}, ports };
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const clickhouseUrl = () => readHandover(options.dataDir)?.clickhouse;

async function withUp(more: object, work: (running: Up) => Promise<void>): Promise<void> {
  const running = await up({ ...options, ...more });
  try {
    await work(running);
  } finally {
    await running.close();
  }
}

const infer = (url: string | undefined, headers: Record<string, string> = {}) =>
  fetch(`${url}/inference`, {
    method: "POST",
    headers,
    body: JSON.stringify({
      function_name: "act",
      input: { messages: [{ role: "user", content: "x" }] },
    }),
  });

test("gateway, ClickHouse and models answer, and what one stored the other shows after close and reopening", async () => {
  await withUp({}, async ({ urls }) => {
    expect(urls).toEqual({
      gateway: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      clickhouse: expect.anything(),
      models: expect.anything(),
    });
    expect((await infer(urls.gateway)).status).toBe(200);
    expect(
      (await fetch(`${urls.models}/v1/chat/completions`, { method: "POST", body: "{}" })).status,
    ).toBe(200);
  });
  await withUp({}, async () => {
    const client = createClient({
      url: clickhouseUrl(),
    });
    const rows = await client.query({
      query: "SELECT function_name FROM JsonInference",
      format: "JSONEachRow",
    });
    expect(await rows.json()).toEqual([{ function_name: "act" }]);
    await client.close();
  });
});

/** A program of its own: asks the gateway as an OpenAI client does, and keeps a table of its own in ClickHouse. */
const PROGRAM = `
const { default: OpenAI } = require("openai");
const { createClient } = require("@clickhouse/client");
const [gateway, url, name] = process.argv.slice(1);
const openai = new OpenAI({ apiKey: "none", baseURL: gateway + "/openai/v1" });
const clickhouse = createClient({ url });
(async () => {
  await clickhouse.command({ query: "CREATE TABLE " + name + " (id String) ENGINE = MergeTree ORDER BY id" });
  const answers = await Promise.all(Array.from({ length: 20 }, () =>
    openai.chat.completions.create({
      model: "tensorzero::function_name::act",
      messages: [{ role: "user", content: name }],
      "tensorzero::tags": { program: name },
    })));
  await clickhouse.insert({ table: name, values: answers.map(({ id }) => ({ id })), format: "JSONEachRow" });
  await clickhouse.close();
})();
`;

test("two programs at once: all rows of both are there", async () => {
  const dataDir = join(folder, "shared");
  await withUp({ dataDir }, async ({ urls }) => {
    const url = readHandover(dataDir)?.clickhouse ?? "";
    const run = (name: string) =>
      promisify(execFile)(process.execPath, ["-e", PROGRAM, String(urls.gateway), url, name]);
    await Promise.all([run("one"), run("other")]);
    // A list shows all that was answered, so afterwards it is in the tables.
    await fetch(`${urls.gateway}/v1/inferences/list_inferences`, { method: "POST", body: "{}" });
    const client = createClient({ url });
    for (const name of ["one", "other"]) {
      const result = await client.query({
        query: `SELECT count() AS stored FROM JsonInference WHERE tags['program'] = {name:String} AND toString(id) IN
          (SELECT id FROM {name:Identifier}) AND id IN (SELECT inference_id FROM ModelInference)`,
        query_params: { name },
        format: "JSONEachRow",
      });
      expect(await result.json()).toEqual([{ stored: 20 }]);
    }
    await client.close();
  });
});

test("an endless answer is cut off with an error", async () => {
  await withUp({}, async ({ urls }) => {
    const { password } = new URL(clickhouseUrl() ?? "");
    const response = await fetch(`${urls.clickhouse}/?max_result_bytes=1000000`, {
      method: "POST",
      headers: { "x-clickhouse-user": "chuser", "x-clickhouse-key": password },
      body: "SELECT * FROM system.numbers",
    });
    expect([response.status, response.headers.get("x-clickhouse-exception-code")]).toEqual([
      500,
      "396",
    ]);
  });
});

/** The answer to a request that names these hosts, which fetch would not let us say. */
function answerTo(hosts: string | string[], url: string | undefined): Promise<string> {
  const headers = [hosts].flat().flatMap((host) => ["host", host]);
  return new Promise((resolve, reject) => {
    get(`${url}/health`, { headers }, async (response) => {
      resolve(`${response.statusCode} ${await text(response)}`);
    }).on("error", reject);
  });
}

test("web pages and foreign hosts are kept out", async () => {
  await withUp({}, async ({ urls }) => {
    expect((await infer(urls.gateway, { origin: "https://example.com" })).status).toBe(403);
    expect((await infer(urls.gateway, { origin: "http://localhost:8888" })).status).toBe(403);
    for (const url of Object.values(urls)) {
      // A page may have its own name resolved to loopback; its requests still name it.
      for (const host of [
        "example.com",
        "example.com:3000",
        "localhost.example.com",
        "127.0.0.2",
        ["127.0.0.1", "example.com"],
      ]) {
        expect(await answerTo(host, url)).toMatch(/^403 .*This is not [a-z0-9., ]+\./);
      }
    }
    for (const host of ["localhost", "localhost:3000", "127.0.0.1:3000", "[::1]:3000"])
      expect(await answerTo(host, urls.gateway)).toMatch(/^200 /);
  });
});

test("an open address needs a password, asks for it, and is reached by any name with it", async () => {
  await expect(up({ ...options, host: "127.0.0.2" })).rejects.toThrow(UpError);
  // subtle: loopback has more addresses than the one that needs no password.
  await withUp({ host: "127.0.0.2", password: "s3cr/t" }, async ({ urls }) => {
    expect((await infer(urls.gateway)).status).toBe(401);
    const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;
    for (const authorization of ["Bearer s3cr/t", basic("chuser:s3cr/t")])
      expect((await infer(urls.gateway, { authorization })).status).toBe(200);
    for (const authorization of ["Bearer s3cr", basic("s3cr/t:"), "s3cr/t"])
      expect((await infer(urls.gateway, { authorization })).status).toBe(401);
    expect(await answerTo("box.example", urls.gateway)).toMatch(/^401 /);
    expect((await infer(urls.gateway, { origin: "http://example.com" })).status).toBe(403);
    expect((await fetch(`${urls.clickhouse}/?query=SELECT%201`)).status).toBe(403);
    const client = createClient({ url: clickhouseUrl() });
    expect(await client.ping({ select: true })).toEqual({ success: true });
    await client.close();
    expect(readHandover(options.dataDir)?.gateway).toMatch(
      /^http:\/\/chuser:s3cr%2Ft@127\.0\.0\.2:/,
    );
  });
});

test("what leads to a running one is this user's to read, new at each start, and gone at its end", async () => {
  const passwords = new Set<string>();
  const file = join(folder, "up.json");
  for (let i = 0; i < 2; i++) {
    await withUp({}, async ({ urls }) => {
      expect(statSync(file).mode & 0o777).toBe(0o600);
      const { origin, password } = new URL(clickhouseUrl() ?? "");
      expect([origin, readHandover(options.dataDir)?.gateway]).toEqual([
        urls.clickhouse,
        urls.gateway,
      ]);
      expect(password.length).toBeGreaterThanOrEqual(32);
      passwords.add(password);
      for (const wrong of ["chpassword", ""])
        expect(
          await createClient({ url: urls.clickhouse, username: "chuser", password: wrong }).ping({
            select: true,
          }),
        ).toMatchObject({ success: false });
    });
    expect(existsSync(file)).toBe(false);
  }
  expect(passwords.size).toBe(2);
});

test("a taken port, a bad toml and a wrong folder: one clear line each, and nothing stays open", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  await expect(up({ ...options, ports: { ...ports, gateway: port } })).rejects.toThrow(
    `Port ${port} (gateway) is taken`,
  );
  other.close();
  const bad = join(folder, "bad.toml");
  writeFileSync(bad, `${TOML}\n[functions.act.variants.local.color]\n`);
  await expect(up({ ...options, configPath: bad })).rejects.toThrow(
    "`functions.act.variants.local.color`: unknown key",
  );
  await expect(up({ ...options, dataDir: join(configPath, "data") })).rejects.toThrow(
    /^The store's folder cannot be written/,
  );
});

test("the local models alone, without a store", async () => {
  const running = await listen("models", models, { port: 0 });
  const response = await fetch(`${running.url}/v1/chat/completions`, { method: "POST" });
  expect(response.status).toBe(200);
  await running.close();
});
