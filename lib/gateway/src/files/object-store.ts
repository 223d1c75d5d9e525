import { randomUUID } from "node:crypto";
import { accessSync, constants, statSync } from "node:fs";
import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { messageOf } from "../basics/message-of";
import { ConfigError } from "../config/table";
import type { StorageKind } from "../config/types";
import { FileBlock } from "./file-block";

/** Keeps the files of inferences that were stored, each once: their names are hashes of their contents. */
export class ObjectStore {
  private readonly writes = new Map<string, Promise<void>>();

  /** @throws ConfigError the folder is not there, or cannot be written to */
  constructor(
    private readonly kind: StorageKind | undefined,
    private readonly onError: (error: unknown) => void,
  ) {
    if (kind?.type !== "filesystem") return;
    const refuse = (problem: string, cause?: unknown): never => {
      throw new ConfigError(
        `\`object_storage.path\` is "${kind.path}", ${problem}. Make it, or set \`object_storage.type\` to "disabled".`,
        { cause },
      );
    };
    try {
      accessSync(kind.path, constants.W_OK);
    } catch (cause) {
      refuse(`which is no folder that can be written to (${messageOf(cause)})`, cause);
    }
    if (!statSync(kind.path).isDirectory()) refuse("which is no folder");
  }

  /** Begins to write the files of a stored inference. */
  keep(messages: readonly { content: readonly object[] }[]): void {
    if (this.kind?.type !== "filesystem") return;
    for (const { content } of messages) {
      for (const block of content) {
        if (!(block instanceof FileBlock)) continue;
        const path = join(this.kind.path, block.reference.storage_path.path);
        if (this.writes.has(path)) continue;
        const written = write(path, Buffer.from(block.data, "base64"))
          .catch((cause) =>
            this.onError(
              new Error(`The file ${path} cannot be written: ${messageOf(cause)}`, { cause }),
            ),
          )
          .finally(() => this.writes.delete(path));
        this.writes.set(path, written);
      }
    }
  }

  /** Resolves once all that was kept is written. */
  async flush(): Promise<void> {
    await Promise.all(this.writes.values());
  }
}

/** Whole or not at all, and never twice. */
async function write(path: string, bytes: Buffer): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  await mkdir(dirname(path), { recursive: true });
  const begun = `${path}.${randomUUID()}`;
  try {
    await writeFile(begun, bytes, { flag: "wx" });
    await rename(begun, path);
  } catch (error) {
    await rm(begun, { force: true });
    throw error;
  }
}
