import { messageOf } from "../basics/message-of";
import type { GatewayConfig } from "../config/types";
import { badFileFetch, invalidFile, objectStoreUnconfigured, unsupported } from "../errors";
import { blake3 } from "./blake3";
import { FileBlock, type ReceivedFile } from "./file-block";
import { IMAGE_TYPES, type ImageType, imageProblem, imageType } from "./image";

/** The parts of a response that are read. */
type Fetch = (url: string, init: RequestInit) => Promise<Pick<Response, "ok" | "status" | "body">>;

/**
 * A request's file with its bytes, checked, and with its place in the store, which follows from its contents.
 *
 * @throws GatewayError no storage is configured; the address gives none; it is no picture, is corrupt or too large
 */
export async function resolveFile(
  file: ReceivedFile,
  { storage, gateway: { encodeUrls } }: GatewayConfig,
  fetch: Fetch,
  signal: AbortSignal,
): Promise<FileBlock> {
  if (storage === undefined) throw objectStoreUnconfigured();
  const { at, source, detail, filename } = file;
  const bytes =
    "url" in source ? await fetched(source.url, fetch, signal) : decoded(source.data, at);
  const mimeType = file.mimeType ?? imageType(bytes);
  if (mimeType === undefined)
    throw invalidFile(at, "No mime type provided and unable to infer from data");
  if (!isImageType(mimeType))
    throw unsupported(`files of the type \`${mimeType}\` (it takes ${IMAGE_TYPES.join(", ")})`);
  const problem = imageProblem(bytes, mimeType);
  if (problem !== undefined) throw invalidFile(at, `The picture ${problem}`);
  const data = "url" in source ? bytes.toString("base64") : source.data;
  const path = `observability/files/${blake3(Buffer.from(data))}.${EXTENSIONS[mimeType]}`;
  return new FileBlock(
    {
      type: "file",
      source_url: "url" in source ? source.url : null,
      mime_type: mimeType,
      storage_path: { kind: storage, path },
      ...(detail === undefined ? {} : { detail }),
      ...(filename === undefined ? {} : { filename }),
    },
    data,
    "url" in source && !encodeUrls ? source.url : `data:${mimeType};base64,${data}`,
  );
}

const EXTENSIONS: Record<ImageType, string> = {
  "image/png": "png",
  "image/jpeg": "jpg",
  "image/gif": "gif",
  "image/webp": "webp",
};

function isImageType(type: string): type is ImageType {
  return (IMAGE_TYPES as readonly string[]).includes(type);
}

function decoded(data: string, at: string): Buffer {
  if (data.startsWith("data:"))
    throw invalidFile(
      at,
      "The `data` field must not contain `data:` prefix. Data should be pure base64-encoded content only.",
    );
  const bytes = Buffer.from(data, "base64");
  // Node leaves out what is no base64, and would read something else.
  if (bytes.toString("base64").replace(/=+$/, "") !== data.replace(/=+$/, ""))
    throw invalidFile(at, "Failed to decode base64 data");
  return bytes;
}

async function fetched(url: string, fetch: Fetch, signal: AbortSignal): Promise<Buffer> {
  try {
    const response = await fetch(url, { method: "GET", signal });
    if (!response.ok) throw new Error(`HTTP error ${response.status}`);
    const chunks: Uint8Array[] = [];
    for await (const chunk of response.body ?? []) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (cause) {
    signal.throwIfAborted();
    throw badFileFetch(url, messageOf(cause), cause);
  }
}
