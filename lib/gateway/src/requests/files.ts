import { isRecord } from "../basics/reader";
import { invalidOpenAI, unsupported } from "../errors";
import { DETAILS, type Detail, type ReceivedFile } from "../files/file-block";
import { type Fields, unknownVariant } from "./fields";

const FILE_TYPES = [
  "url",
  "base64",
  "object_storage_pointer",
  "object_storage",
  "object_storage_error",
] as const;

/** A native block `file` or, as it was called before, `image`; the older form has no `file_type`. @throws GatewayError */
export function readFile(block: Fields): ReceivedFile {
  const type = block.oneOf("file_type", FILE_TYPES) ?? (block.has("url") ? "url" : "base64");
  const file = {
    type: "file" as const,
    at: block.path,
    mimeType: block.string("mime_type"),
    detail: block.oneOf("detail", DETAILS),
    filename: block.string("filename"),
  };
  if (type === "url") {
    const url = toUrl(block.requiredString("url"));
    return { ...file, source: { url: url ?? block.fail("url", "relative URL without a base") } };
  }
  if (type !== "base64" || block.has("storage_path"))
    throw unsupported("files that are in the object storage already");
  block.raw("source_url"); // Where it came from, of which TensorZero keeps nothing either.
  return { ...file, source: { data: block.requiredString("data") } };
}

/** What is wrong with a block `image_url` or `file` of OpenAI's form; undefined: nothing. */
export function openAIFileProblem(block: Record<string, unknown>): string | undefined {
  const { type } = block;
  const given = block[String(type)];
  if (!isRecord(given)) return `missing field \`${type}\``;
  if (type === "file")
    return typeof given.file_data === "string" ? undefined : "missing field `file_data`";
  const { url, detail = null, ...others } = given;
  if (typeof url !== "string") return "missing field `url`";
  if (toUrl(url) === undefined)
    return `image_url.url: relative URL without a base: ${JSON.stringify(url)}`;
  if (detail !== null && !isDetail(detail)) return unknownVariant(String(detail), DETAILS);
  const [unknown] = Object.keys(others).filter((key) => key !== MIME_TYPE);
  return unknown === undefined
    ? undefined
    : `unknown field \`${unknown}\`, expected one of \`url\`, \`${MIME_TYPE}\`, \`detail\``;
}

const MIME_TYPE = "tensorzero::mime_type";

/** A block that has no `openAIFileProblem`. @throws GatewayError 400 its data URL cannot be read */
export function readOpenAIFile(block: Record<string, unknown>, at: string): ReceivedFile {
  const given = block[String(block.type)];
  const { url, file_data, detail, filename, ...others } = isRecord(given) ? given : {};
  const file = {
    type: "file" as const,
    at,
    detail: isDetail(detail) ? detail : undefined,
    filename: typeof filename === "string" ? filename : undefined,
  };
  const address = toUrl(String(url)) ?? String(file_data);
  if (block.type === "image_url" && !address.startsWith("data:")) {
    const mimeType = others[MIME_TYPE];
    return {
      ...file,
      source: { url: address },
      mimeType: typeof mimeType === "string" ? mimeType : undefined,
    };
  }
  const [, mimeType, data] = /^data:(.*?);base64,(.*)$/s.exec(address) ?? [];
  if (mimeType !== undefined && data !== undefined) return { ...file, source: { data }, mimeType };
  const lacks = address.startsWith("data:") ? "`;base64,` separator" : "`data:` prefix";
  throw invalidOpenAI(
    "Expected a base64-encoded data URL with MIME type (e.g. `data:image/png;base64,SGVsbG8sIFdvcmxkIQ==`), but got a value " +
      `without the ${lacks}.`,
  );
}

function toUrl(text: string): string | undefined {
  return URL.canParse(text) ? new URL(text).href : undefined;
}

function isDetail(value: unknown): value is Detail {
  return (DETAILS as readonly unknown[]).includes(value);
}
