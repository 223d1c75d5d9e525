import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

/** A provider's server on a real port, which answers what a test tells it to. */
export interface StandIn {
  /** Ends with a slash, as `api_base`. */
  url: string;
  /** Bodies that came, in order. */
  requests: Record<string, unknown>[];
  /** Headers that came with them. */
  headers: Record<string, string>[];
  /** Answers a chat completion; set by each test. `signal` is aborted when the gateway gives the request up. */
  reply: (
    body: Record<string, unknown>,
    index: number,
    signal: AbortSignal,
  ) => Response | Promise<Response>;
  close(): Promise<void>;
}

export async function startStandIn(): Promise<StandIn> {
  const app = new Hono();
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, () =>
      resolve(started),
    );
  });
  const { port } = server.address() as AddressInfo;
  const standIn: StandIn = {
    url: `http://127.0.0.1:${port}/v1/`,
    requests: [],
    headers: [],
    reply: () => completion("{}"),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ("closeAllConnections" in server) server.closeAllConnections();
      }),
  };
  app.post("/v1/*", async (c) => {
    const body = (await c.req.json()) as Record<string, unknown>;
    standIn.requests.push(body);
    standIn.headers.push(c.req.header());
    return standIn.reply(body, standIn.requests.length - 1, c.req.raw.signal);
  });
  return standIn;
}

/** A chat completion with this text. */
export function completion(content: string | null, more: object = {}): Response {
  return Response.json({
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 0,
    model: "m",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
    ...more,
  });
}

/** A streamed chat completion in these pieces. */
export function streamedCompletion(pieces: string[], { broken = false } = {}): Response {
  const event = (data: object) =>
    `data: ${JSON.stringify({ id: "c", object: "chat.completion.chunk", created: 0, model: "m", ...data })}\n\n`;
  const events = [
    ...pieces.map((content, index) =>
      event({
        choices: [
          {
            index: 0,
            delta: index === 0 ? { role: "assistant", content } : { content },
            finish_reason: null,
          },
        ],
      }),
    ),
    ...(broken
      ? [`data: {"error":{"message":"the model fell over"}}\n\n`]
      : [
          event({ choices: [{ index: 0, delta: {}, finish_reason: "stop" }] }),
          event({
            choices: [],
            usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
          }),
          "data: [DONE]\n\n",
        ]),
  ];
  return new Response(events.join(""), { headers: { "content-type": "text/event-stream" } });
}
