import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import zlib from "node:zlib";
import { ConfigError } from "../config/table";
import { createGateway, type EmbeddedGateway } from "../gateway";
import { parseConfig } from "../testing/config";
import { type Harness, openHarness } from "../testing/harness";
import { completion, streamedCompletion } from "../testing/stand-in";
import { blake3 } from "./blake3";
import { MAX_IMAGE_BYTES } from "./image";
import { ObjectStore } from "./object-store";

function chunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(content.length);
  sum.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([length, body, sum]);
}

/** A PNG of gray pixels. */
function png(width: number, height: number, pixels = Buffer.alloc((width + 1) * height)): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header[8] = 8;
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", header),
    chunk("IDAT", zlib.deflateSync(pixels)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

const PICTURE = png(4, 4);
const OTHER = png(5, 4);
const data = PICTURE.toString("base64");
const hash = blake3(Buffer.from(data));
const image = (more: object = {}) => ({ type: "file", mime_type: "image/png", data, ...more });
const imageUrl = (url: string, more: object = {}) => ({
  type: "image_url",
  image_url: { url, ...more },
});
const DATA_URL = `data:image/png;base64,${data}`;

const config = (storage: string) => ({
  "tensorzero.toml": `
${storage}
[functions.see]
type = "chat"
[functions.see.variants.only]
type = "chat_completion"
model = "eyes"
[models.eyes]
routing = ["mock"]
[models.eyes.providers.mock]
type = "openai"
model_name = "eyes"
api_base = "PROVIDER"
api_key_location = "none"
`,
});

const folder = mkdtempSync(join(tmpdir(), "files-test-"));
const files = () => readdirSync(folder, { recursive: true, encoding: "utf8" }).sort();
let harness: Harness;
beforeAll(async () => {
  const kept = `[object_storage]\ntype = "filesystem"\npath = ${JSON.stringify(folder)}`;
  harness = await openHarness(config(kept));
});
beforeEach(() => {
  harness.provider.requests.length = 0;
  harness.provider.reply = () => completion("I see.");
});
afterAll(async () => {
  await harness.close();
  rmSync(folder, { recursive: true });
});

const see = (content: unknown, more: object = {}) =>
  harness.post("/inference", {
    function_name: "see",
    variant_name: "only",
    input: { messages: [{ role: "user", content }] },
    ...more,
  });
const chat = (content: unknown) =>
  harness.post("/openai/v1/chat/completions", {
    model: "tensorzero::function_name::see",
    "tensorzero::variant_name": "only",
    messages: [{ role: "user", content }],
  });
const text = { type: "text", text: "What is it?" };
const sentParts = () =>
  (harness.provider.requests[0] as { messages: [{ content: unknown }] }).messages[0].content;
const reference = (more: object = {}) => ({
  type: "file",
  source_url: null,
  mime_type: "image/png",
  storage_path: {
    kind: { type: "filesystem", path: folder },
    path: `observability/files/${hash}.png`,
  },
  ...more,
});
const storedAs = async (id: string) => {
  const [row] = await harness.rows<{ input: string; input_messages: string; raw_request: string }>(
    `SELECT input, input_messages, raw_request FROM ChatInference
     JOIN ModelInference ON ModelInference.inference_id = ChatInference.id WHERE ChatInference.id = '${id}'`,
  );
  return row!;
};

test.each([
  ["file", [text, image()], {}],
  ["file with its type", [text, image({ file_type: "base64" })], {}],
  ["image, as it was called", [text, image({ type: "image" })], {}],
  ["its first bytes tell the type", [text, { type: "file", data }], {}],
  ["detail and name", [text, image({ detail: "low", filename: "a.png" })], { detail: "low" }],
])("native: %s", async (_, content, sent) => {
  const { status, body } = await see(content);
  expect([status, body.content]).toEqual([200, [{ type: "text", text: "I see." }]]);
  expect(sentParts()).toEqual([text, imageUrl(DATA_URL, sent)]);
  const { input, input_messages, raw_request } = await storedAs(body.inference_id);
  const kept = reference("detail" in sent ? { detail: "low", filename: "a.png" } : {});
  expect(JSON.parse(input).messages[0].content).toEqual([text, kept]);
  expect(JSON.parse(input_messages)[0].content).toEqual([text, kept]);
  expect(raw_request).toContain('"url":"data:image/png;base64,<TENSORZERO_FILE_0>"');
  expect(raw_request).not.toContain(data);
  expect(readFileSync(join(folder, `observability/files/${hash}.png`))).toEqual(PICTURE);
});

test("the same picture is kept once, however often it is sent", async () => {
  const other = OTHER.toString("base64");
  const both = [image(), text, image({ data: other }), image({ detail: "high" })];
  const [first] = await Promise.all([1, 2, 3].map(() => see(both)));
  const { raw_request } = await storedAs(first?.body.inference_id);
  expect(raw_request.match(/TENSORZERO_FILE_\d/g)).toEqual(
    [0, 1, 0].map((n) => `TENSORZERO_FILE_${n}`),
  );
  const names = [hash, blake3(Buffer.from(other))].map((name) => `observability/files/${name}.png`);
  expect(files()).toEqual(["observability", "observability/files", ...names].sort());
});

test("OpenAI's image_url and file are the same", async () => {
  for (const content of [
    [text, imageUrl(DATA_URL)],
    [text, { type: "file", file: { file_data: DATA_URL } }],
  ]) {
    harness.provider.requests.length = 0;
    const { status, body } = await chat(content);
    expect([status, sentParts()]).toEqual([200, [text, imageUrl(DATA_URL)]]);
    expect(JSON.parse((await storedAs(body.id)).input).messages[0].content).toEqual([
      text,
      reference(),
    ]);
  }
  await chat([imageUrl(DATA_URL, { detail: "auto" })]);
  expect(harness.provider.requests[1]).toMatchObject({
    messages: [{ content: [imageUrl(DATA_URL, { detail: "auto" })] }],
  });
});

test("a stream takes pictures, too", async () => {
  harness.provider.reply = () => streamedCompletion(["I ", "see."]);
  const { status } = await see([text, image()], { stream: true });
  expect([status, sentParts()]).toEqual([200, [text, imageUrl(DATA_URL)]]);
});

async function serve(bytes: Buffer) {
  const server = createServer((_, response) => response.end(bytes)).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/a.png`, close: () => server.close() };
}

test("an address goes to the model as it is, and what is there is stored", async () => {
  const { url, close } = await serve(PICTURE);
  for (const send of [
    () => see([text, { type: "file", url, mime_type: "image/png" }]),
    () => see([text, { type: "file", file_type: "url", url }]),
    () => chat([text, imageUrl(url)]),
  ]) {
    harness.provider.requests.length = 0;
    const { status, body } = await send();
    expect([status, sentParts()]).toEqual([200, [text, imageUrl(url)]]);
    const { input } = await storedAs(body.inference_id ?? body.id);
    expect(JSON.parse(input).messages[0].content[1]).toEqual(reference({ source_url: url }));
  }
  close();
});

const cut = (bytes: Buffer, at: number) => bytes.subarray(0, at).toString("base64");
const changed = Buffer.from(PICTURE);
changed[45]! ^= 1;
const few = png(4, 4, Buffer.alloc(3)).toString("base64");
const bomb = png(30_000, 30_000, Buffer.alloc(100)).toString("base64");
const large = Buffer.concat([PICTURE, Buffer.alloc(MAX_IMAGE_BYTES)]).toString("base64");

test.each([
  ["an unknown type", { data: "AAAA", mime_type: undefined }, 400, "unable to infer from data"],
  ["what is no base64", { data: "%%%" }, 400, "Failed to decode base64 data"],
  ["a data URL as data", { data: DATA_URL }, 400, "must not contain `data:` prefix"],
  [
    "another type than it says",
    { mime_type: "image/jpeg" },
    400,
    "is said to be image/jpeg, but begins like image/png",
  ],
  ["text as a picture", { data: "aGVsbG8=" }, 400, "begins like none of the types"],
  [
    "a PNG that is cut off",
    { data: cut(PICTURE, 50) },
    400,
    'is a corrupt PNG: its chunk "IDAT" is cut off',
  ],
  [
    "a PNG without an end",
    { data: cut(PICTURE, PICTURE.length - 12) },
    400,
    "is a corrupt PNG: it ends before its last chunk",
  ],
  [
    "a PNG with a changed byte",
    { data: changed.toString("base64") },
    400,
    'the checksum of its chunk "IDAT" is wrong',
  ],
  ["a PNG with too few pixels", { data: few }, 400, "its pixels have 3 bytes in place of 20"],
  [
    "a PNG that unpacks to gigabytes",
    { data: bomb },
    400,
    "30000 × 30000 pixels are more than 64 MiB",
  ],
  ["a picture that is too large", { data: large }, 400, "(8 MiB) are taken"],
  ["a PDF", { mime_type: "application/pdf" }, 501, "lacks files of the type `application/pdf`"],
  ["sound", { mime_type: "audio/wav" }, 501, "lacks files of the type `audio/wav`"],
  [
    "a stored file",
    { file_type: "object_storage_pointer" },
    501,
    "lacks files that are in the object storage already",
  ],
  ["an unknown detail", { detail: "much" }, 400, "unknown variant `much`"],
  ["an unknown key", { color: 1 }, 400, "unknown field `color`"],
  ["no data", { data: undefined }, 400, "missing field `data`"],
  [
    "an address that is none",
    { data: undefined, url: "picture.png" },
    400,
    "relative URL without a base",
  ],
  [
    "an address where nobody is",
    { data: undefined, url: "http://127.0.0.1:1/a.png" },
    500,
    "Error fetching file from http://127.0.0.1:1/a.png: fetch failed",
  ],
])("%s is refused, and nothing is stored", async (_, more, status, problem) => {
  const [before, kept] = [await harness.stored(), files()];
  const answer = await see([text, image(more)]);
  expect([answer.status, answer.body.error]).toEqual([status, expect.stringContaining(problem)]);
  expect([harness.provider.requests, await harness.stored(), files()]).toEqual([[], before, kept]);
});

test.each([
  ["no address", { type: "image_url" }, "Invalid content block: missing field `image_url`"],
  ["text", imageUrl("hello"), "relative URL without a base"],
  ["no base64", imageUrl("data:image/png,hello"), "without the `;base64,` separator"],
  ["no data URL", { type: "file", file: { file_data: data } }, "without the `data:` prefix"],
  [
    "a corrupt PNG",
    imageUrl(DATA_URL.slice(0, 78)),
    "messages[0].content[0]: The picture is a corrupt PNG",
  ],
])("OpenAI's route refuses %s", async (_, block, problem) => {
  const before = await harness.stored();
  const { status, body } = await chat([block]);
  expect([status, body.error.message]).toEqual([400, expect.stringContaining(problem)]);
  expect(await harness.stored()).toBe(before);
});

test("a model that takes no pictures says so, and nothing is stored", async () => {
  const [before, kept] = [await harness.stored(), files()];
  harness.provider.reply = () =>
    Response.json({ error: { message: "This model takes no images." } }, { status: 400 });
  const { status, body } = await see([text, image({ data: png(9, 9).toString("base64") })]);
  expect([status, body.error]).toEqual([
    500,
    expect.stringContaining("This model takes no images."),
  ]);
  expect([await harness.stored(), files()]).toEqual([before, kept]);
});

/** Another gateway on the same store and provider. */
async function other(storage: string) {
  const text = config(storage)["tensorzero.toml"].replace("PROVIDER", harness.provider.url);
  const path = join(folder, "tensorzero.toml");
  const { clickhouse } = harness;
  return createGateway({ configPath: [{ path, text }], clickhouse, env: {} });
}

const seeBy = async ({ app }: EmbeddedGateway, block: object) => {
  const input = { messages: [{ role: "user", content: [block] }] };
  const body = JSON.stringify({ function_name: "see", input });
  const response = await app.request("/inference", { method: "POST", body });
  return { status: response.status, body: JSON.parse(await response.text()) };
};

test("without storage, files are refused; with storage disabled, they are not kept", async () => {
  const none = await other("");
  const disabled = await other('[object_storage]\ntype = "disabled"');
  const [before, kept] = [await harness.stored(), files()];
  const refused = await seeBy(none, image());
  expect([refused.status, refused.body.error]).toEqual([
    500,
    expect.stringContaining("Object storage is not configured."),
  ]);
  expect(await harness.stored()).toBe(before);
  const { status, body } = await seeBy(disabled, image());
  expect([status, files()]).toEqual([200, kept]);
  await Promise.all([none.close(), disabled.close()]);
  expect(JSON.parse((await storedAs(body.inference_id)).input).messages[0].content).toEqual([
    reference({
      storage_path: { kind: { type: "disabled" }, path: `observability/files/${hash}.png` },
    }),
  ]);
});

test("with fetch_and_encode_input_files_before_inference the model gets the bytes", async () => {
  const encoding = await other(
    '[gateway]\nfetch_and_encode_input_files_before_inference = true\n[object_storage]\ntype = "disabled"',
  );
  const server = await serve(PICTURE);
  await seeBy(encoding, { type: "file", url: server.url });
  expect(sentParts()).toEqual([imageUrl(DATA_URL)]);
  server.close();
  await encoding.close();
});

test.each([
  [
    'type = "s3_compatible"\nbucket_name = "b"',
    '`object_storage.type` is "s3_compatible", which the embedded gateway lacks',
  ],
  ['type = "floppy"', '`object_storage.type` is "floppy"; it must be one of'],
  ["", "`object_storage.type` is missing"],
  ['type = "filesystem"', "`object_storage.path` is missing"],
  [
    'type = "filesystem"\npath = "data"',
    '`object_storage.path` is "data"; it must be an absolute path',
  ],
  ['type = "disabled"\npath = "/x"', "`object_storage.path`: unknown key"],
])("[object_storage] with %j is refused", async (table, problem) => {
  const load = parseConfig(`[object_storage]\n${table}`, "/c", {});
  await expect(load).rejects.toThrow(ConfigError);
  await expect(load).rejects.toThrow(problem);
});

test("a folder that is not there, or is none, is refused when the gateway starts", () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  for (const path of [join(folder, "nowhere"), file]) {
    const open = () => new ObjectStore({ type: "filesystem", path }, console.error);
    expect(open).toThrow(ConfigError);
    expect(open).toThrow("is no folder");
  }
  rmSync(file);
});
