import fc from "fast-check";
import { EVENT_LIMIT, eventData } from "./event-stream";

/** The events of a body that comes in these chunks. */
async function read(...chunks: (string | Uint8Array)[]): Promise<string[]> {
  async function* body() {
    for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
  }
  const events: string[] = [];
  for await (const data of eventData(body())) events.push(data);
  return events;
}

test.each([
  ["LF", "data: a\n\ndata: b\n\n", ["a", "b"]],
  ["CR alone", "data: a\r\rdata: b\r\r", ["a", "b"]],
  ["CRLF", "data: a\r\n\r\ndata: b\r\n\r\n", ["a", "b"]],
  ["CR before LF", "data: a\r\n\rdata: b\n\n", ["a", "b"]],
  ["no space", "data:a\n\n", ["a"]],
  ["two spaces: one is the text's", "data:  a\n\n", [" a"]],
  ["several lines", "data: {\ndata:}\n\n", ["{\n}"]],
  ["an empty line in the middle", "data: a\ndata\ndata: b\n\n", ["a\n\nb"]],
  ["empty events", "data:\n\ndata\n\ndata: a\n\ndata: \n\n", ["a"]],
  ["comments", ": ping\n\n:\ndata: a\n: b\n\n", ["a"]],
  ["other fields", "event: x\nid: 1\nretry: 5\ndata: a\ndatum: b\nDATA: c\n\n", ["a"]],
  ["a BOM", "\ufeffdata: a\n\n", ["a"]],
  ["a BOM in the text", "data: \ufeffa\n\n", ["\ufeffa"]],
  ["no blank line at the end", "data: a\n\ndata: b\n", ["a", "b"]],
  ["no line end at the end", "data: a\n\ndata: b", ["a", "b"]],
  ["cut in the middle", 'data: {"a":', ['{"a":']],
  ["nothing", "", []],
  ["line ends of other alphabets", "data: a\u2028b\u0085c\n\n", ["a\u2028b\u0085c"]],
])("%s", async (_, body, events) => {
  expect(await read(body)).toEqual(events);
});

test("a character that is cut off at the end is U+FFFD", async () => {
  expect(await read("data: a", new Uint8Array([0xf0, 0x9f]))).toEqual(["a\ufffd"]);
});

test("CRLF with an empty chunk in its middle is one line end", async () => {
  expect(await read("data: a\r", "", "\ndata: b\n\n")).toEqual(["a\nb"]);
});

const line = fc.oneof(
  fc.constantFrom("", "data", "data:", "data: ", ": ping", "event: x"),
  fc.string({ unit: "grapheme" }).map((text) => `data: ${text.replace(/[\r\n]/g, "")}`),
);
const ending = fc.constantFrom("\n", "\r", "\r\n");

test("any split of the bytes gives the same events", async () => {
  const body = fc.array(fc.tuple(line, ending), { maxLength: 12 });
  const cuts = fc.array(fc.nat(200), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(fc.boolean(), body, cuts, async (hasBom, lines, at) => {
      const bytes = Buffer.from((hasBom ? "\ufeff" : "") + lines.flat().join(""));
      const bounds = [0, ...at, bytes.length].map((cut) => Math.min(cut, bytes.length));
      bounds.sort((a, b) => a - b);
      const chunks = bounds.slice(1).map((end, i) => bytes.subarray(bounds[i], end));
      expect(await read(...chunks)).toEqual(await read(bytes));
    }),
    { numRuns: 300 },
  );
});

test("what is sent as events is read as them, whatever ends the lines", async () => {
  const data = fc.array(
    fc.string({ unit: "grapheme" }).filter((text) => !/[\r\n]/.test(text)),
    { minLength: 1, maxLength: 3 },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(data), ending, async (events, end) => {
      const body = events
        .map((lines) => lines.map((text) => `data: ${text}${end}`).join("") + end)
        .join("");
      const sent = events.map((lines) => lines.join("\n")).filter((text) => text.trim() !== "");
      expect(await read(body)).toEqual(sent);
    }),
  );
});

describe("an event without end", () => {
  const chunk = Buffer.alloc(64 * 1024, "a");
  const times = Math.ceil(EVENT_LIMIT / chunk.length) + 1;
  test.each([
    ["in one line", () => [chunk]],
    ["in lines of data", () => [Buffer.from("data: a\n".repeat(8192))]],
  ])("%s is refused before it fills the memory", async (_, chunks) => {
    let taken = 0;
    async function* endless() {
      for (;;) {
        taken += 1;
        yield* chunks();
      }
    }
    await expect(eventData(endless()).next()).rejects.toThrow(/event is longer than 3145728/);
    expect(taken).toBeLessThanOrEqual(times);
  });

  test("is not what many events are together", async () => {
    const events = `data: ${"a".repeat(1024)}\n\n`.repeat(1024);
    expect(await read(...Array<string>(5).fill(events))).toHaveLength(5 * 1024);
  });

  test("of 3 MB in small chunks is read in linear time", async () => {
    const small = Buffer.alloc(100, "a");
    const started = process.cpuUsage();
    const [data] = await read("data: ", ...Array<Buffer>(30_000).fill(small), "\n\n");
    expect(data).toHaveLength(30_000 * 100);
    const { user, system } = process.cpuUsage(started);
    expect((user + system) / 1e6).toBeLessThan(5);
  });
});
