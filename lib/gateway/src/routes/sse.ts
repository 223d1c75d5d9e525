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
  // What the client has not asked for yet, as one text: so many pieces would take five times the memory.
  let waiting = "";
  const send = (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const text = waiting;
    waiting = ""; // first: to enqueue may pull
    if (text !== "") controller.enqueue(encoder.encode(text));
  };
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      const write = (data: string) => {
        if (!open) return;
        waiting += `data: ${data}\n\n`;
        if ((controller.desiredSize ?? 0) > 0) send(controller);
      };
      // subtle: not awaited, or the stream would begin only once it is complete.
      void produce((event) => write(JSON.stringify(event)))
        .catch((error) => write(JSON.stringify({ error: String(error) })))
        .finally(() => {
          write("[DONE]");
          if (open) {
            send(controller);
            controller.close();
          }
          open = false;
        });
    },
    pull: send,
    cancel() {
      open = false;
      client.abort();
    },
  });
  return new Response(body, {
    headers: { "content-type": "text/event-stream", "cache-control": "no-cache" },
  });
}
