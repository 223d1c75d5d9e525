import { setTimeout as sleep } from "node:timers/promises";
import { parseHttpUrl, splitCredentials } from "../basics/http-url";
import { isRecord } from "../basics/reader";
import type { Probe } from "./probes/probe";

export type Send = (url: string, init: RequestInit) => Promise<Response>;

/** What a gateway answered to a probe. */
export interface Answered {
  status: number;
  version: string | null;
  /** "client" where TensorZero's Python client refused the request before its engine saw it, in words of its own. */
  by: string | null;
  body: unknown;
}

/** Times that a gateway is asked for inferences which it has answered and not yet stored, and the wait between, in ms. */
const PATIENCE = { tries: 25, wait: 200 };

/** One of the two gateways, with the ids that the probes made there. */
export class Side {
  private readonly url: string;
  private readonly headers: Record<string, string>;
  private readonly ids = new Map<string, string>();
  /** Ids by what they are of. */
  readonly names = new Map<string, string>();

  constructor(
    url: string,
    private readonly send: Send,
  ) {
    const address = splitCredentials(parseHttpUrl(url));
    this.url = address.url.replace(/\/+$/, "");
    this.headers = { "content-type": "application/json", ...address.headers };
  }

  async ask({ name, method, path, body }: Probe): Promise<Answered> {
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const filled = text?.replace(/\$(\w+\{.*?\})/g, (_, key: string) => this.ids.get(key) ?? key);
    const response = await this.post(path, filled, method);
    const answer = readBody(await response.text());
    const first: unknown = Array.isArray(answer) ? answer[0] : answer;
    if (isRecord(first)) {
      this.note(`inference{${name}}`, first.inference_id ?? first.id);
      this.note(`episode{${name}}`, first.episode_id);
      this.note(`feedback{${name}}`, first.feedback_id);
    }
    return {
      status: response.status,
      version: response.headers.get("x-tensorzero-gateway-version"),
      by: response.headers.get("x-peer"),
      body: answer,
    };
  }

  /** The id of the inference that a probe made, if it made one. */
  inference(name: string): string | undefined {
    return this.ids.get(`inference{${name}}`);
  }

  /** The stored inferences by their ids. They may come after the answers, so they are asked for a few times. */
  async stored(ids: readonly string[]): Promise<Map<string, unknown>> {
    const found = new Map<string, unknown>();
    for (let tries = 0; tries < PATIENCE.tries && found.size < ids.length; tries++) {
      if (tries > 0) await sleep(PATIENCE.wait);
      const missing = ids.filter((id) => !found.has(id));
      const response = await this.post(
        "/v1/inferences/get_inferences",
        JSON.stringify({ ids: missing }),
      );
      const { inferences = [] } = (await response.json()) as {
        inferences?: { inference_id: string }[];
      };
      for (const inference of inferences) found.set(inference.inference_id, inference);
    }
    return found;
  }

  private post(path: string, body: string | undefined, method = "POST"): Promise<Response> {
    return this.send(this.url + path, { method, body, headers: this.headers });
  }

  private note(key: string, id: unknown): void {
    if (typeof id !== "string") return;
    this.ids.set(key, id);
    if (!this.names.has(id)) this.names.set(id, `<${key}>`);
  }
}

/** JSON, the events of a stream as one array, or the text. */
function readBody(text: string): unknown {
  const parse = (part: string): unknown => {
    try {
      return JSON.parse(part);
    } catch {
      return part;
    }
  };
  if (!text.startsWith("data:")) return parse(text);
  return text
    .split("\n\n")
    .filter((part) => part.startsWith("data:"))
    .map((part) => parse(part.slice(5).trim()));
}
