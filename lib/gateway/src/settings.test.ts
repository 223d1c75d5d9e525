import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import { ACT, TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
import { completion } from "./testing/stand-in";

const OLD = "01900000-0000-7000-8000-000000000000";

/** A gateway whose `[gateway]` has these lines. */
async function withSettings(lines: string, work: (h: Harness) => Promise<void>): Promise<void> {
  const toml = `[gateway]\n${lines}\n${TEST_CONFIG["tensorzero.toml"]}`;
  const h = await openHarness({ ...TEST_CONFIG, "tensorzero.toml": toml }, { TEST_KEY: "k" });
  h.provider.reply = () => completion('{"action":"drop"}');
  try {
    await work(h);
  } finally {
    await h.close();
  }
}

test("debug: schema errors show the data", async () => {
  await withSettings("debug = true", async (h) => {
    const { body } = await h.post("/inference", { ...ACT, input: { system: {}, messages: [] } });
    expect(body.error).toBe(
      `JSON Schema validation failed:\n"mission" is a required property\n\nData:\n{}\n\nSchema:\n${TEST_CONFIG["act/system_schema.json"]}`,
    );
  });
});

test("unstable_error_json: each error's kind, in both routes' words", async () => {
  await withSettings("unstable_error_json = true", async (h) => {
    const native = await h.post("/inference", { ...ACT, function_name: "nope" });
    const json = { UnknownFunction: { message: "Unknown function: nope" } };
    expect(native.body).toEqual({ error: "Unknown function: nope", error_json: json });
    const openai = await h.post("/openai/v1/chat/completions", {
      model: "tensorzero::function_name::nope",
      messages: [],
    });
    expect(openai.body).toEqual({
      error: {
        message: "Unknown function: nope",
        error_json: json,
        tensorzero_error_json: json,
      },
    });
  });
});

test("base_path: before every route", async () => {
  await withSettings('base_path = "/tz/"', async (h) => {
    expect((await h.post("/tz/inference", ACT)).status).toBe(200);
    expect((await h.get("/tz/status")).status).toBe(200);
    const bare = await h.post("/inference", ACT);
    expect([bare.status, bare.body]).toEqual([404, { error: "Route not found: POST /inference" }]);
  });
});

test("observability off: inferences are answered and not stored, feedback is refused", async () => {
  await withSettings("observability.enabled = false", async (h) => {
    const { status, body } = await h.post("/inference", ACT);
    expect(status).toBe(200);
    const feedback = await h.post("/feedback", {
      metric_name: "won",
      value: true,
      episode_id: body.episode_id,
    });
    expect([feedback.status, feedback.body]).toEqual([
      400,
      {
        error:
          "Feedback requires observability to be enabled (`gateway.observability.enabled` must not be `false`).",
      },
    ]);
    expect(await h.stored()).toBe(0);
  });
});

test("unstable_disable_feedback_target_validation: feedback on what nobody knows is stored", async () => {
  await withSettings("unstable_disable_feedback_target_validation = true", async (h) => {
    const give = (body: object) => h.post("/feedback", { episode_id: OLD, ...body });
    expect((await give({ metric_name: "won", value: true })).status).toBe(200);
    expect((await give({ metric_name: "won", value: 1 })).status).toBe(400);
    const rows = await h.rows("SELECT target_id FROM BooleanMetricFeedback");
    expect(rows).toEqual([{ target_id: OLD }]);
  });
});

test("packed bodies, and those that cannot be unpacked", async () => {
  await withSettings("", async (h) => {
    const send = async (body: Uint8Array, encoding: string) => {
      const headers = { "content-encoding": encoding };
      const init = { method: "POST", body, headers } as RequestInit;
      const response = await h.gateway.app.request("/inference", init);
      return [response.status, ((await response.json()) as { error?: string }).error];
    };
    const text = JSON.stringify(ACT);
    expect(await send(gzipSync(text), "gzip")).toEqual([200, undefined]);
    expect(await send(deflateSync(text), "deflate")).toEqual([200, undefined]);
    expect(await send(brotliCompressSync(text), "br")).toEqual([200, undefined]);
    expect(await send(Buffer.from(text), "gzip")).toEqual([
      400,
      "Failed to buffer the request body: incorrect header check (400 Bad Request)",
    ]);
    expect(await send(gzipSync(`"${" ".repeat(101 * 1024 * 1024)}"`), "gzip")).toEqual([
      400,
      "Failed to buffer the request body: length limit exceeded (413 Payload Too Large)",
    ]);
    expect(await send(Buffer.from(text), "zstd")).toEqual([
      400,
      "The content encoding `zstd` is not supported: send gzip, deflate, br or none (415 Unsupported Media Type)",
    ]);
    expect(await h.stored()).toBe(6);
  });
});
