import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { ConfigError } from "./config/table";
import { anyCharacter } from "./testing/any-character";
import { ACT_INPUT, parseConfig, TEST_CONFIG } from "./testing/config";
import { type Harness, openHarness } from "./testing/harness";
import { completion } from "./testing/stand-in";

let h: Harness;
beforeAll(async () => {
  h = await openHarness(TEST_CONFIG, { TEST_KEY: "k" });
});
afterAll(() => h.close());

const VALID = {
  function_name: "act",
  variant_name: "first",
  input: ACT_INPUT,
  tags: { a: "b" },
  params: { chat_completion: { seed: 1 } },
};
const VALID_OPENAI = {
  model: "tensorzero::function_name::talk",
  messages: [
    { role: "system", content: "s" },
    { role: "user", content: [{ type: "text", text: "x" }] },
  ],
  "tensorzero::tags": { a: "b" },
  stop: ["x"],
};
const VALID_FEEDBACK = {
  metric_name: "won",
  value: true,
  episode_id: "01900000-0000-7000-8000-000000000000",
  tags: {},
};

/** Any characters, halves of them among them. */
const text = fc.string({
  unit: fc.oneof(
    { weight: 40, arbitrary: anyCharacter },
    { weight: 1, arbitrary: fc.constantFrom("\ud83d", "\ude42") },
  ),
});

/** Stands for a number beyond any until the body is written. */
const HUGE = "a number beyond any";
const json = (body: unknown) => JSON.stringify(body)?.replaceAll(`"${HUGE}"`, "-1e999") ?? "";

/** Any JSON: control characters, half characters, numbers that fit nowhere, and deep nesting included. */
const anything = fc.anything({
  key: text,
  values: [
    text,
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.constantFrom<unknown>(
      true,
      false,
      null,
      0,
      -1,
      2 ** 32,
      1e21,
      3.5e38,
      1e300,
      5e-324,
      HUGE,
      "",
    ),
  ],
  maxDepth: 6,
});

/** What TensorZero's reader does not take: half a character, or a number beyond any. */
function isRefused(body: string): boolean {
  if (body.includes("-1e999")) return true;
  // Written again, JSON has such an escape for halves alone.
  return /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(JSON.stringify(JSON.parse(body)));
}

/** A valid request with one value, at any depth, taken out or replaced by anything. */
function mutated(valid: object): fc.Arbitrary<unknown> {
  const paths: string[][] = [];
  const walk = (value: unknown, path: string[]) => {
    if (path.length > 0) paths.push(path);
    if (typeof value === "object" && value !== null)
      for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
  };
  walk(valid, []);
  return fc
    .tuple(fc.constantFrom(...paths), fc.option(anything, { nil: undefined }))
    .map(([path, value]) => {
      const copy = structuredClone(valid) as Record<string, unknown>;
      const last = path[path.length - 1] ?? "";
      const holder = path
        .slice(0, -1)
        .reduce((at, key) => at[key] as Record<string, unknown>, copy);
      holder[last] = value;
      return copy;
    });
}

const CASES: [string, object][] = [
  ["/inference", VALID],
  ["/openai/v1/chat/completions", VALID_OPENAI],
  ["/feedback", VALID_FEEDBACK],
  ["/v1/inferences/get_inferences", { ids: [VALID_FEEDBACK.episode_id], function_name: "act" }],
  [
    "/v1/inferences/list_inferences",
    {
      function_name: "act",
      limit: 3,
      filters: { type: "tag", key: "a", value: "b", comparison_operator: "=" },
      order_by: [{ by: "timestamp", direction: "ascending" }],
    },
  ],
];

test.each(CASES)(
  "POST %s with anything: no crash, no 500, no row for what was refused, and the next one is stored",
  async (path, valid) => {
    h.provider.reply = () => completion('{"action":"drop"}');
    const bodies = fc.oneof(
      { weight: 3, arbitrary: mutated(valid).map(json) },
      { weight: 1, arbitrary: anything.map(json) },
      { weight: 1, arbitrary: fc.string() },
    );
    let before = await h.stored();
    await fc.assert(
      fc.asyncProperty(bodies, async (body) => {
        const { status, body: answer } = await h.post(path, body);
        if (status === 200) {
          expect(isRefused(body)).toBe(false);
          before = await h.stored();
          return;
        }
        expect([400, 404, 501]).toContain(status);
        const text = path.startsWith("/openai") ? answer.error.message : answer.error;
        expect(typeof text).toBe("string");
        expect(text).not.toBe("");
        expect(await h.stored()).toBe(before);
      }),
      { numRuns: 60, seed: 7 },
    );
    const { body } = await h.post("/inference", VALID);
    expect(
      await h.rows(`SELECT 1 FROM JsonInference WHERE id = '${body.inference_id}'`),
    ).toHaveLength(1);
    expect((await h.get("/health")).body).not.toHaveProperty("refused_rows");
  },
);

test("what is accepted can be stored, whatever its strings hold", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: anyCharacter }),
      fc.string({ unit: anyCharacter }),
      text,
      async (key, value, answer) => {
        fc.pre(!key.startsWith("tensorzero::"));
        h.provider.reply = () => completion(answer);
        const input = { ...ACT_INPUT, system: { mission: value } };
        const { status, body } = await h.post("/inference", {
          ...VALID,
          input,
          tags: { [key]: value },
        });
        expect(status).toBe(200);
        const [row] = await h.rows<{ tags: Record<string, string>; output: string }>(
          `SELECT tags, output FROM JsonInference WHERE id = '${body.inference_id}'`,
        );
        expect(row?.tags[key]).toBe(value);
        expect(JSON.parse(row?.output ?? "").raw).toBe(answer.toWellFormed());
      },
    ),
    { numRuns: 20, seed: 7 },
  );
});

const tomlValue = fc.oneof(
  fc.constantFrom(
    '"x"',
    "1",
    "-1",
    "0.5",
    "true",
    "[]",
    "{}",
    '["a"]',
    "[1]",
    "1979-05-27",
    "nan",
    "9223372036854775807",
    "{ a = { b = 1 } }",
  ),
  fc.string().map((text) => JSON.stringify(text)),
);

test("the toml loader: a configuration or a ConfigError, never anything else", async () => {
  const lines = (TEST_CONFIG["tensorzero.toml"] ?? "").split("\n");
  const keys = lines.flatMap((line, index) => (/^\w+ = /.test(line) ? [index] : []));
  const changed = fc
    .tuple(
      fc.constantFrom(...keys),
      fc.oneof(tomlValue, fc.constant(undefined)),
      fc.constantFrom("", "color = 1", 'model = "nope"'),
    )
    .map(([index, value, more]) => {
      const copy = [...lines];
      const key = copy[index]?.split(" = ")[0];
      copy[index] = value === undefined ? "" : `${key} = ${value}`;
      if (more !== "") copy.splice(index, 0, more);
      return copy.join("\n");
    });
  const folder = mkdtempSync(join(tmpdir(), "toml-fuzz-"));
  for (const [name, text] of Object.entries(TEST_CONFIG)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(fc.oneof({ weight: 5, arbitrary: changed }, fc.string()), async (text) => {
      try {
        await parseConfig(text.replaceAll("PROVIDER", "http://127.0.0.1:1/v1/"), folder, {
          TEST_KEY: "k",
        });
      } catch (error) {
        refused++;
        expect(error).toBeInstanceOf(ConfigError);
        expect(String(error)).toMatch(/`|TOML/);
      }
    }),
    { numRuns: 150, seed: 7 },
  );
  rmSync(folder, { recursive: true });
  expect(refused).toBeGreaterThan(30);
  expect(refused).toBeLessThan(145);
});
