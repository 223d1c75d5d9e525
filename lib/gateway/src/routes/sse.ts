/** What a route streams an answer with. */
export interface StreamParts {
  /** Aborted when the client stops reading. */
  client: AbortController;
  errorJson: boolean;
}

/** A response of server-sent events, ended by `[DONE]`. */
export function eventStream(
  client: AbortController,
  produce: (send: (event: object) => void) => Promise<void>,
): Response {
  const encoder = new TextEncoder();
  let open = true;
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (data: string) => {
        if (open) controller.enqueue(encoder.encode(`data: ${data}\n\n`));
      };
      // subtle: not awaited, or the stream would begin only once it is complete.
      void produce((event) => write(JSON.stringify(event)))
        .catch((error) => write(JSON.stringify({ error: String(error) })))
        .finally(() => {
          write("[DONE]");
          if (open) controller.close();
          open = false;
        });
    },
    cancel() {
      open = false;
      client.abort();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}
