import { listen } from "embedded-gateway";
import { viewApp } from "./app";
import type { ViewSource } from "./data/view-data";

/** Pages that are being served. */
export interface View {
  /** "http://127.0.0.1:3040" */
  url: string;
  close(): Promise<void>;
}

/**
 * Serves the pages on this machine alone, on port 3040 or, where that is taken, on any free one.
 *
 * @throws UpError `port` is given and taken
 */
export async function serveView(source: ViewSource, port?: number): Promise<View> {
  const app = viewApp(source);
  const options = { takesLinks: true };
  if (port !== undefined) return listen("view", app, { ...options, port });
  return listen("view", app, options).catch((error) => {
    if (error?.cause?.code !== "EADDRINUSE") throw error;
    return listen("view", app, { ...options, port: 0 });
  });
}
