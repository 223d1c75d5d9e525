import type { StorageKind } from "../config/types";

/** How much of a picture a model is to see; what it makes of it is its own affair. */
export const DETAILS = ["low", "high", "auto"] as const;
export type Detail = (typeof DETAILS)[number];

/** A file as a request brings it. */
export interface ReceivedFile {
  type: "file";
  /** Where the request has it, for errors: `input.messages[0].content[1]`. */
  at: string;
  /** Its address, or its bytes in base64. */
  source: { url: string } | { data: string };
  /** Undefined: its first bytes tell. */
  mimeType: string | undefined;
  detail: Detail | undefined;
  filename: string | undefined;
}

/** What is stored of a file, in TensorZero's form and order. */
export interface FileReference {
  type: "file";
  /** Where it was fetched from; null: the request had it. */
  source_url: string | null;
  mime_type: string;
  storage_path: { kind: StorageKind; path: string };
  detail?: Detail;
  filename?: string;
}

/** A file with its bytes. As JSON it is the reference alone, so that no row and no key of the cache holds the bytes. */
export class FileBlock {
  readonly type = "file";

  constructor(
    readonly reference: FileReference,
    /** Base64. */
    readonly data: string,
    /** What a provider is sent: the bytes as a data URL, or the address where they are. */
    readonly url: string,
  ) {}

  toJSON(): FileReference {
    return this.reference;
  }
}

/** A request to a provider as it is stored: without the bytes of files, numbered as TensorZero does. */
export function withoutFiles(
  rawRequest: string,
  messages: readonly { content: readonly (FileBlock | { type: string })[] }[],
): string {
  let number = 0;
  let text = rawRequest;
  for (const { content } of messages) {
    for (const block of content) {
      if (block instanceof FileBlock)
        text = text.replaceAll(block.data, `<TENSORZERO_FILE_${number++}>`);
    }
  }
  return text;
}
