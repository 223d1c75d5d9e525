import { ACT, ACT_INPUT, TEST_CONFIG } from "../testing/config";
import { type Harness, openHarness } from "../testing/harness";
import { completion } from "../testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "sk-planted" });
});
afterAll(() => h.close());
beforeEach(() => {
  h.provider.reply = () => completion('{"action":"pick up"}');
});

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe("feedback and lists", () => {
  let ids: { inference_id: string; episode_id: string }[];

  beforeAll(async () => {
    h.provider.reply = () => completion('{"action":"pick up"}');
    ids = [];
    for (const run of ["one", "two", "three"])
      ids.push((await h.post("/inference", { ...ACT, tags: { list: run } })).body);
    const give = async (body: object) =>
      expect((await h.post("/feedback", body)).body).toEqual({
        feedback_id: expect.stringMatching(UUID7),
      });
    await give({
      metric_name: "won",
      value: true,
      episode_id: ids[0]?.episode_id,
      tags: { by: "test" },
    });
    await give({ metric_name: "won", value: false, episode_id: ids[1]?.episode_id });
    for (const [index, score] of [0.5, 0.25, 0.75].entries())
      await give({ metric_name: "score", value: score, inference_id: ids[index]?.inference_id });
    await give({ metric_name: "comment", value: "well done", episode_id: ids[0]?.episode_id });
    await give({
      metric_name: "demonstration",
      value: { action: "drop" },
      inference_id: ids[0]?.inference_id,
    });
  });

  test("each kind has its row", async () => {
    const episode = ids[0]?.episode_id;
    expect(
      await h.rows(`SELECT value, tags FROM BooleanMetricFeedback WHERE target_id = '${episode}'`),
    ).toEqual([{ value: true, tags: { by: "test" } }]);
    expect(
      await h.rows(
        `SELECT variant_name, value FROM BooleanMetricFeedbackByVariant WHERE uint_to_uuid(target_id_uint) = '${episode}'`,
      ),
    ).toEqual([{ variant_name: "first", value: true }]);
    expect(
      await h.rows(`SELECT target_type, value FROM CommentFeedback WHERE target_id = '${episode}'`),
    ).toEqual([{ target_type: "episode", value: "well done" }]);
    expect(
      await h.rows(
        `SELECT value FROM DemonstrationFeedback WHERE inference_id = '${ids[0]?.inference_id}'`,
      ),
    ).toEqual([{ value: '{"raw":"{\\"action\\":\\"drop\\"}","parsed":{"action":"drop"}}' }]);
  });

  test("feedback with dryrun is checked and not stored", async () => {
    const before = await h.stored();
    const { status } = await h.post("/feedback", {
      metric_name: "won",
      value: true,
      episode_id: ids[0]?.episode_id,
      dryrun: true,
    });
    expect([status, await h.stored()]).toEqual([200, before]);
  });

  const list = async (body: object): Promise<string[]> => {
    const reply = await h.post("/v1/inferences/list_inferences", { function_name: "act", ...body });
    expect(reply.status).toBe(200);
    const order = ids.map(({ inference_id }) => inference_id);
    return reply.body.inferences.map(
      ({ inference_id }: { inference_id: string }) =>
        ["one", "two", "three"][order.indexOf(inference_id)],
    );
  };
  const tag = { type: "tag", key: "list", value: "none", comparison_operator: "!=" };

  test("newest first, limits, cursors", async () => {
    expect(await list({ filters: tag })).toEqual(["three", "two", "one"]);
    expect(await list({ filters: tag, limit: 1, offset: 1 })).toEqual(["two"]);
    expect(await list({ filters: tag, before: ids[2]?.inference_id, limit: 1 })).toEqual(["two"]);
    expect(await list({ filters: tag, after: ids[0]?.inference_id, limit: 1 })).toEqual(["two"]);
    expect(await list({ variant_name: "first", episode_id: ids[1]?.episode_id })).toEqual(["two"]);
    expect(await list({ function_name: undefined, filters: tag })).toEqual(["three", "two", "one"]);
  });

  test("filters and order by metric", async () => {
    const score = (comparison_operator: string, value: number) => ({
      type: "float_metric",
      metric_name: "score",
      value,
      comparison_operator,
    });
    expect(await list({ filters: score(">", 0.3) })).toEqual(["three", "one"]);
    expect(await list({ filters: score("<", 1e308) })).toEqual(["three", "two", "one"]);
    expect(await list({ filters: score("<", -(2 ** 60)) })).toEqual([]);
    expect(
      await list({ filters: { type: "boolean_metric", metric_name: "won", value: true } }),
    ).toEqual(["one"]);
    expect(
      await list({
        filters: { type: "and", children: [score(">", 0.3), { ...tag, value: "one" }] },
      }),
    ).toEqual(["three"]);
    expect(
      await list({
        filters: {
          type: "or",
          children: [score("<", 0.3), { type: "demonstration_feedback", has_demonstration: true }],
        },
      }),
    ).toEqual(["two", "one"]);
    expect(await list({ filters: { type: "not", child: score("<", 0.3) }, limit: 2 })).toEqual([
      "three",
      "one",
    ]);
    expect(
      await list({
        filters: tag,
        order_by: [{ by: "metric", name: "score", direction: "ascending" }],
      }),
    ).toEqual(["two", "one", "three"]);
    const before = (time: string) => ({ type: "time", time, comparison_operator: "<" });
    expect(await list({ filters: before("2001-01-01T00:00:00Z") })).toEqual([]);
    expect(await list({ filters: before("2101-01-01T00:00:00+05:30") })).toHaveLength(3);
    const local = { function_name: "act", filters: before("2101-01-01T00:00:00") };
    const refused = await h.post("/v1/inferences/list_inferences", local);
    expect([refused.status, refused.body.error]).toEqual([
      400,
      expect.stringContaining("premature end of input"),
    ]);
  });

  test("what a listed inference looks like, also with its demonstration", async () => {
    const body = { ids: [ids[0]?.inference_id], output_source: "demonstration" };
    const { inferences } = (await h.post("/v1/inferences/get_inferences", body)).body;
    expect(inferences).toEqual([
      {
        type: "json",
        function_name: "act",
        variant_name: "first",
        input: ACT_INPUT,
        output: { raw: '{"action":"drop"}', parsed: { action: "drop" } },
        dispreferred_outputs: [{ raw: '{"action":"pick up"}', parsed: { action: "pick up" } }],
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/),
        episode_id: ids[0]?.episode_id,
        inference_id: ids[0]?.inference_id,
        output_schema: JSON.parse(TEST_CONFIG["act/output_schema.json"] ?? ""),
        tags: { list: "one", "tensorzero::variant_pinned": "first" },
        extra_body: [],
        inference_params: { chat_completion: { temperature: expect.any(Number), max_tokens: 64 } },
        processing_time_ms: expect.any(Number),
        ttft_ms: null,
        snapshot_hash: h.gateway.config.hash,
      },
    ]);
  });

  test.each([
    [{ function_name: "nope" }, 404, "Unknown function: nope"],
    [
      { filters: { type: "boolean_metric", metric_name: "nope", value: true } },
      400,
      "Invalid metric name: nope",
    ],
    [
      { before: "01900000-0000-7000-8000-000000000000", offset: 1 },
      400,
      "Cannot use 'offset' with cursor pagination ('before' or 'after')",
    ],
  ])("refuses %j", async (body, status, text) => {
    const reply = await h.post("/v1/inferences/list_inferences", { function_name: "act", ...body });
    expect([reply.status, reply.body.error]).toEqual([status, text]);
  });
});
