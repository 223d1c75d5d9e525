import { randomUUID } from "node:crypto";
import type { MimeBundle } from "./nbformat";

/** Something that stands below the cell that showed it. */
export interface Shown {
  /** Replaces it in place. */
  update(data: MimeBundle): void;
}

interface DisplayContent {
  data: MimeBundle;
  metadata: Record<string, unknown>;
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
 * Shows one content, given in any number of formats, below the running cell. Outside a notebook its
 * "text/plain" goes to stdout instead.
 */
export function show(data: MimeBundle): Shown {
  const publish = publisher();
  if (!publish) {
    const print = (bundle: MimeBundle) => {
      if (bundle["text/plain"] !== undefined) process.stdout.write(`${bundle["text/plain"]}\n`);
    };
    print(data);
    return { update: print };
  }
  const transient = { display_id: randomUUID() };
  publish({ data, metadata: {}, transient }, false);
  return { update: (next) => publish({ data: next, metadata: {}, transient }, true) };
}

/** Shows HTML. Whatever it holds that is not ours must have gone through {@link escapeHtml}. */
export function showHtml(html: string): Shown {
  return show({ "text/html": html });
}

/** Shows an SVG picture, as text that GitHub and every front end draw. */
export function showSvg(svg: string): Shown {
  return show({ "image/svg+xml": svg });
}

const entities: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** The text with the characters that HTML gives a meaning to written as entities. */
export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
