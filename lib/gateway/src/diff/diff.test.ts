import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Hono } from "hono";
import { connect } from "../clickhouse/connect";
import { createGateway } from "../gateway";
import { SHIPPED_CONFIG } from "../testing/shipped-config";
import { diffGateways } from "./diff";
import { sift } from "./known";
import { PEER } from "./peer";
import { PROBES } from "./probes";
import { orderedProvider } from "./probes/provider";

const models = new Hono();
models.post("/v1/chat/completions", async (c) => {
  const { stream } = (await c.req.json()) as { stream: boolean };
  const usage = { prompt_tokens: 5, completion_tokens: 2 };
  if (!stream) {
    return c.json({
      choices: [
        {
          index: 0,
          message: { role: "assistant", content: '{"action":"drop"}' },
          finish_reason: "stop",
        },
      ],
      usage,
    });
  }
  const event = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
  const body =
    event({ choices: [{ delta: { content: '{"action":"drop"}' }, finish_reason: "stop" }] }) +
    event({ choices: [], usage });
  return c.body(`${body}data: [DONE]\n\n`, 200, { "content-type": "text/event-stream" });
});

test("the embedded gateway on both sides: no difference; one that lies is found out", async () => {
  const clickhouse = await connect({ dataDir: ":memory:" });
  const gateway = await createGateway({
    configPath: SHIPPED_CONFIG,
    clickhouse,
    env: {},
    fetch: async (url, init) => models.fetch(new Request(url, init)),
  });
  const statuses: number[] = [];
  const send = async (url: string, init: RequestInit) => {
    const response = await gateway.app.request(new URL(url).pathname, init);
    if (url.startsWith("http://a")) statuses.push(response.status);
    return response;
  };
  expect(await diffGateways("http://a", "http://b", { send })).toEqual([]);
  expect(statuses.filter((status) => status === 200).length).toBeGreaterThan(20);
  expect(new Set(statuses)).toEqual(new Set([200, 400, 404]));

  const lying = async (url: string, init: RequestInit) => {
    const response = await send(url, init);
    if (!url.startsWith("http://b") || response.status !== 404) return response;
    return Response.json({ error: "Nothing here" }, { status: 400 });
  };
  const found = await diffGateways("http://a", "http://b", {
    probes: [{ name: "unknown", method: "GET", path: "/nope" }],
    send: lying,
  });
  expect(found).toEqual([
    {
      probe: "unknown",
      at: "status",
      a: { status: 404, body: { error: "Route not found: GET /nope" } },
      b: { status: 400, body: { error: "Nothing here" } },
    },
  ]);
  await gateway.close();
  await clickhouse.close();
});

test("the probes' own configuration: asked twice, every request is answered the same", async () => {
  const clickhouse = await connect({ dataDir: ":memory:" });
  const provider = orderedProvider();
  const folder = mkdtempSync(join(tmpdir(), "probes-"));
  cpSync(join(PEER, "config"), folder, { recursive: true });
  const config = join(folder, "probes.toml");
  const text = readFileSync(config, "utf8");
  writeFileSync(config, text.replaceAll("PROVIDER", "https://provider/v1/"));
  const gateway = await createGateway({
    configPath: [config, ...SHIPPED_CONFIG],
    clickhouse,
    env: {},
    fetch: async (url, init) =>
      (url.startsWith("https://provider/") ? provider : models).fetch(new Request(url, init)),
  });
  const send = async (url: string, init: RequestInit) =>
    gateway.app.request(new URL(url).pathname, init);
  expect(new Set(PROBES.map(({ name }) => name)).size).toBe(PROBES.length);
  // Lists show what both sides have stored, because both are one gateway here; the second of the two finds the cache filled.
  const alone = PROBES.filter(({ name }) => !/^(list|get|cache)\b/.test(name));
  expect(alone.length).toBeGreaterThan(450);
  expect(await diffGateways("http://a", "http://b", { probes: alone, send })).toEqual([]);
  await gateway.close();
  await clickhouse.close();
  rmSync(folder, { recursive: true });
});

test("what is known does not count, and what shows no more is told", () => {
  const known = [
    { probes: /^a/, at: /^body$/, why: "x" },
    { probes: /^c/, at: /./, why: "y" },
  ];
  const found = ["a", "b"].map((probe) => ({ probe, at: "body", a: 1, b: 2 }));
  const { others, stale } = sift(found, known);
  expect(others.map(({ probe }) => probe)).toEqual(["b"]);
  expect(stale.map(({ why }) => why)).toEqual(["y"]);
});
