import { chat, infer, type Probe } from "./probe";
import { order } from "./provider";

/** Two by two pixels, red, as a PNG in base64. */
const PNG =
  "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAIAAAD91JpzAAAAEElEQVR4nGP4z8AARAwQCgAf7gP9i18U1AAAAABJRU5ErkJggg==";
/** One pixel, as a GIF. */
const GIF = "R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==";
const NOWHERE = "http://127.0.0.1:65533/picture.png";

const ORDER = { type: "text", text: order({}) };
const user = (...content: unknown[]) => ({ role: "user", content });
const png = { type: "file", file_type: "base64", mime_type: "image/png", data: PNG };
const caption = (turn: number) => ({
  type: "tensorzero::template",
  name: "picture",
  arguments: { turn },
});
const imageUrl = (url: string, more: object = {}) => ({
  type: "image_url",
  image_url: { url, ...more },
});

const native: Probe[] = [
  ["picture", user(ORDER, png)],
  ["picture before text", user(png, ORDER)],
  ["picture in the older form", user(ORDER, { type: "image", mime_type: "image/png", data: PNG })],
  ["picture whose bytes tell its type", user(ORDER, { type: "file", data: GIF })],
  ["picture with detail and name", user(ORDER, { ...png, detail: "low", filename: "a.png" })],
  ["several pictures", user(ORDER, png, { ...png, mime_type: "image/gif", data: GIF }, png)],
  ["picture alone", user(png)],
  ["picture of unknown type", user(ORDER, { type: "file", data: "AAAA" })],
  ["picture as a data URL", user(ORDER, { ...png, data: `data:image/png;base64,${PNG}` })],
  ["picture without data", user(ORDER, { type: "file", file_type: "base64" })],
  ["picture of unknown detail", user(ORDER, { ...png, detail: "much" })],
  ["picture at an address that is none", user(ORDER, { type: "file", url: "picture.png" })],
  ["bad: corrupt picture", user(ORDER, { ...png, data: PNG.slice(0, 60) })],
  ["bad: PDF", user(ORDER, { ...png, mime_type: "application/pdf" })],
  ["bad: picture where nobody is", user(ORDER, { type: "file", url: NOWHERE })],
].map(([name, message]) =>
  infer(`input: ${name}`, {
    function_name: "probe_chat",
    variant_name: "plain",
    input: { messages: [message] },
  }),
);

const openai: Probe[] = [
  ["picture", user(ORDER, imageUrl(`data:image/png;base64,${PNG}`))],
  [
    "picture with detail",
    user(ORDER, imageUrl(`data:image/png;base64,${PNG}`, { detail: "high" })),
  ],
  [
    "picture as a file",
    user(ORDER, { type: "file", file: { file_data: `data:image/png;base64,${PNG}` } }),
  ],
  ["picture with no address", user(ORDER, { type: "image_url" })],
  ["picture at no address", user(ORDER, imageUrl("picture.png"))],
  ["picture that is no base64", user(ORDER, imageUrl("data:image/png,hello"))],
  [
    "picture of the system",
    { role: "system", content: [imageUrl(`data:image/png;base64,${PNG}`)] },
  ],
].map(([name, message]) =>
  chat(`openai input: ${name}`, {
    model: "tensorzero::function_name::probe_chat",
    "tensorzero::variant_name": "plain",
    messages: [message],
  }),
);

/** Pictures by either route. */
export const FILES: readonly Probe[] = [
  ...native,
  ...openai,
  chat("openai input: pictures with captions", {
    model: "tensorzero::function_name::probe_chat",
    "tensorzero::variant_name": "pictured",
    messages: [
      user(
        ORDER,
        caption(1),
        imageUrl(`data:image/png;base64,${PNG}`),
        caption(2),
        imageUrl(`data:image/gif;base64,${GIF}`),
      ),
    ],
  }),
  infer("stream: picture", {
    function_name: "probe_chat",
    variant_name: "plain",
    stream: true,
    input: { messages: [user(ORDER, png)] },
  }),
  infer("variant: best of n with a picture", {
    function_name: "probe_chat",
    variant_name: "best",
    input: { messages: [user(ORDER, png)] },
  }),
];
