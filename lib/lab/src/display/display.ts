import { randomUUID } from "node:crypto";
import { printable } from "embedded-gateway";
import type { MimeBundle } from "../runner/nbformat";

/** How a front end is to show a format: `{ "image/png": { width: 860 } }`. */
type Metadata = Record<string, unknown>;

interface DisplayContent {
  data: MimeBundle;
  metadata: Metadata;
  transient: { display_id: string };
}

type Publish = (content: DisplayContent, isUpdate: boolean) => void;

/**
 * How the running cell publishes a display; undefined outside a tslab kernel.
 * subtle: tslab's public `display` takes one MIME type a call, while a front end picks the best of
 * several; this is the function beneath it. `__tslab__` is what the kernel gives its cells, so the
 * module is the kernel's own, wherever it is installed.
 */
function publisher(): Publish | undefined {
  const kernel = (globalThis as { __tslab__?: { require(id: string): unknown } }).__tslab__;
  if (!kernel) return undefined;
  const { lastWriteDisplayData } = kernel.require("tslab/dist/jupyter.js") as {
    lastWriteDisplayData: Publish | null;
  };
  return lastWriteDisplayData ?? undefined;
}

/** True when this code runs in a notebook's cell. */
export function inNotebook(): boolean {
  return publisher() !== undefined;
}

/**
 * A place below the running cell: the first call of the function shows content there, given in any
 * number of formats, and each further call replaces it. Outside a notebook its "text/plain" goes to
 * stdout instead.
 */
export function liveDisplay(): (data: MimeBundle, metadata?: Metadata) => void {
  const publish = publisher();
  if (!publish) {
    return (data) => {
      if (data["text/plain"] !== undefined)
        process.stdout.write(`${printable(String(data["text/plain"]))}\n`);
    };
  }
  const transient = { display_id: randomUUID() };
  let isUpdate = false;
  return (data, metadata = {}) => {
    publish({ data, metadata, transient }, isUpdate);
    isUpdate = true;
  };
}

// subtle: these return nothing, since tslab prints the value of a cell's last expression.

/** Shows one content, given in any number of formats, below the running cell. */
export function show(data: MimeBundle, metadata?: Metadata): void {
  liveDisplay()(data, metadata);
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text, as `printable` makes it, with the characters that HTML gives a meaning to written as entities. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
