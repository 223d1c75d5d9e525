import { messageOf } from "../../basics/message-of";
import { Secrets, secretsIn } from "../../basics/redact";
import type { ExtraHeader } from "../../config/extra";
import type { ProviderConfig } from "../../config/types";
import { GatewayError, providerClient, providerServer, streamNotBegun } from "../../errors";
import { eventData } from "./event-stream";
import type { Answer } from "./received";
import { SplitKeys } from "./split-keys";

export type Fetch = (url: string, init: RequestInit) => Promise<Answer>;

/** How one call reaches its provider. */
export interface Transport {
  fetch: Fetch;
  apiKey: string | undefined;
  signal: AbortSignal;
}

const HEADER_NAME = /^[!#$%&'*+\-.^_`|~\w]+$/;
/** Text without control characters, but for tabs. */
const HEADER_VALUE = /^[\t\P{Cc}]*$/u;

/**
 * One request to a provider and its answer. A provider may repeat the key that it was sent, so whatever it says passes
 * through here before it is shown or stored.
 */
export class Exchange {
  private readonly headers: Record<string, string> = { "content-type": "application/json" };
  private readonly secrets: Secrets;

  constructor(
    private readonly provider: ProviderConfig,
    extraHeaders: ExtraHeader[],
    private readonly transport: Transport,
  ) {
    const { headers } = this;
    if (transport.apiKey !== undefined) headers.authorization = `Bearer ${transport.apiKey}`;
    for (const extra of extraHeaders) {
      checkHeader(extra);
      if ("delete" in extra) delete headers[extra.name.toLowerCase()];
      else headers[extra.name.toLowerCase()] = extra.value;
    }
    this.secrets = new Secrets(secretsIn(headers));
  }

  /** @throws GatewayError the provider cannot be reached */
  async post(path: string, body: string): Promise<Answer> {
    const url = this.provider.apiBase + path;
    const { transport, headers } = this;
    const init = {
      method: "POST",
      headers,
      body,
      get signal() {
        return transport.signal;
      },
    };
    try {
      return await transport.fetch(url, init);
    } catch (cause) {
      transport.signal.throwIfAborted(); // a time-out of ours has an error of its own
      throw this.clientError(
        `Error sending request: error sending request for url (${url})${detail(cause)}`,
      );
    }
  }

  /** The whole body, without the key. @throws GatewayError the connection broke off */
  async text(response: Answer, problem: string): Promise<string> {
    let text: string;
    try {
      text = await response.text();
    } catch (cause) {
      throw this.brokenOff(problem, cause);
    }
    const whole = new SplitKeys(this.secrets);
    return this.withoutKey([...whole.add(text), ...whole.end()].join(""));
  }

  /** The data of each event of the body, without the key. @throws GatewayError the connection broke off */
  async *events(body: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    const pieces = new SplitKeys(this.secrets);
    // subtle: first over several events. A long part that is cut in one would hide that the others belong to it.
    const passOn = (events: string[]) => events.map((data) => this.withoutKey(data));
    try {
      for await (const data of eventData(body)) yield* passOn(pieces.add(data));
    } catch (cause) {
      yield* passOn(pieces.end());
      throw this.brokenOff("SSE error", cause);
    }
    yield* passOn(pieces.end());
  }

  withoutKey(text: string): string {
    return this.secrets.redact(text);
  }

  /**
   * The provider refused the request (with a status), or could not be reached.
   *
   * @param raw what it said, word for word
   */
  clientError(
    message: string,
    { status, raw }: { status?: { code: number; text: string }; raw?: string } = {},
  ): GatewayError {
    return providerClient(status, this.redact(message), this.redact(raw));
  }

  /** The provider refused to begin a stream. */
  streamNotBegun(message: string, raw: string): GatewayError {
    return streamNotBegun(this.redact(message), this.redact(raw));
  }

  /** The provider failed, or answered what cannot be read. */
  serverError(message: string, raw?: string): GatewayError {
    return providerServer(this.redact(message), this.redact(raw));
  }

  private brokenOff(problem: string, cause: unknown): GatewayError {
    this.transport.signal.throwIfAborted(); // a time-out of ours has an error of its own
    return this.serverError(`${problem}${detail(cause)}`);
  }

  private redact<T extends string | undefined>(text: T): T {
    return (text === undefined ? text : this.secrets.redactError(text)) as T;
  }
}

function checkHeader(extra: ExtraHeader): void {
  const refuse = (message: string) => new GatewayError(500, message, { kind: "Serialization" });
  if (!HEADER_NAME.test(extra.name))
    throw refuse(`Invalid header name \`${extra.name}\`: invalid HTTP header name`);
  if ("value" in extra && !HEADER_VALUE.test(extra.value))
    throw refuse(`Invalid header value \`${extra.value}\`: failed to parse header value`);
}

/** What fetch hides in the cause of its "fetch failed". */
function detail(cause: unknown): string {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const message = messageOf(inner);
  return message === "" ? "" : `: ${message}`;
}
