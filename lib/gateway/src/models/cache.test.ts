import { ACT, TEST_CONFIG } from "../testing/config";
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

describe("cache", () => {
  const ask = (cache_options: object, more: object = {}) =>
    h.post("/inference", { ...ACT, cache_options, ...more });
  const calls = async (work: () => Promise<unknown>) => {
    const before = h.provider.requests.length;
    await work();
    return h.provider.requests.length - before;
  };

  test("on, off, read_only, write_only, max_age_s, dryrun", async () => {
    expect(await calls(() => ask({ enabled: "read_only" }))).toBe(1);
    expect(await calls(() => ask({ enabled: "on" }, { dryrun: true }))).toBe(1);
    expect(await calls(() => ask({ enabled: "write_only" }))).toBe(1);
    expect(await calls(() => ask({ enabled: "off" }))).toBe(1);
    const hit = await ask({ enabled: "on" });
    expect(hit.body.usage).toEqual({ input_tokens: 0, output_tokens: 0, cost: 0 });
    expect(
      await h.rows(
        `SELECT cached, input_tokens, response_time_ms, toFloat64(cost) AS cost FROM ModelInference WHERE inference_id = '${hit.body.inference_id}'`,
      ),
    ).toEqual([{ cached: true, input_tokens: 11, response_time_ms: 0, cost: 0 }]);
    expect(await calls(() => ask({ enabled: "on", max_age_s: 60 }))).toBe(0);
    expect(await calls(() => ask({ enabled: "on", max_age_s: 0 }))).toBe(1);
    const [entry] = await h.rows(
      "SELECT length(long_cache_key) AS n, input_tokens, finish_reason, is_deleted FROM ModelInferenceCache LIMIT 1",
    );
    expect(entry).toEqual({ n: "64", input_tokens: 11, finish_reason: "stop", is_deleted: false });
  });

  test("from the table, by another gateway on the same store", async () => {
    await ask({ enabled: "on" }, { params: { chat_completion: { seed: 5 } } });
    const other = await h.restarted();
    expect(
      await calls(async () =>
        other.app.request("/inference", {
          method: "POST",
          body: JSON.stringify({
            ...ACT,
            cache_options: { enabled: "on" },
            params: { chat_completion: { seed: 5 } },
          }),
        }),
      ),
    ).toBe(0);
  });

  test.each([
    ["JSON are kept", '{"where":"left"}', 0],
    ["no JSON are not", '{"where":', 1],
  ])("a tool call whose arguments are %s", async (_, args, again) => {
    h.provider.reply = () =>
      completion(null, {
        choices: [
          {
            index: 0,
            finish_reason: "tool_calls",
            message: {
              role: "assistant",
              tool_calls: [
                { id: "c1", type: "function", function: { name: "look", arguments: args } },
              ],
            },
          },
        ],
      });
    const look = () =>
      h.post("/inference", {
        function_name: "talk",
        variant_name: "plain",
        input: { messages: [{ role: "user", content: args }] },
        cache_options: { enabled: "on" },
      });
    expect(await calls(look)).toBe(1);
    expect(await calls(look)).toBe(again);
  });
});
