import { parseHttpUrl, splitCredentials } from "../basics/http-url";
import { patientFetch } from "../models/outbound";

/** One request of the list that both gateways get. */
export interface Probe {
  name: string;
  method: "GET" | "POST";
  path: string;
  /** Sent as JSON, or as it is if it is a string. `$inference` and `$episode` stand for the ids that "good" made. */
  body?: unknown;
}

/** Something that the two gateways do not do alike. */
export interface Difference {
  probe: string;
  /** Where: `status`, a path in the body, or a path in the stored inference. */
  at: string;
  a: unknown;
  b: unknown;
}

const SYSTEM = { mission: "go to the red ball" };
const USER = {
  observation: "a wall 2 steps forward\na red ball 1 step left and 1 step forward",
  history: "",
};
const INPUT = {
  system: SYSTEM,
  messages: [{ role: "user", content: [{ type: "template", name: "user", arguments: USER }] }],
};
const ACT = { function_name: "act", variant_name: "random", input: INPUT };
const MESSAGES = [
  {
    role: "system",
    content: [{ type: "tensorzero::template", name: "system", arguments: SYSTEM }],
  },
  { role: "user", content: [{ type: "tensorzero::template", name: "user", arguments: USER }] },
];
const OPENAI = {
  model: "tensorzero::function_name::act",
  messages: MESSAGES,
  "tensorzero::variant_name": "random",
};
const OLD = "01900000-0000-7000-8000-000000000000";

const infer = (name: string, body: unknown): Probe => ({
  name,
  method: "POST",
  path: "/inference",
  body,
});
const chat = (name: string, body: unknown): Probe => ({
  name,
  method: "POST",
  path: "/openai/v1/chat/completions",
  body,
});
const feedback = (name: string, body: unknown): Probe => ({
  name,
  method: "POST",
  path: "/feedback",
  body,
});
const list = (name: string, body: unknown): Probe => ({
  name,
  method: "POST",
  path: "/v1/inferences/list_inferences",
  body,
});

/** Good and bad requests for this project's config/tensorzero.toml with its local models. */
export const PROBES: readonly Probe[] = [
  infer("good", ACT),
  infer("good: rule_based", {
    ...ACT,
    variant_name: "rule_based",
    tags: { source: "gateway:diff" },
  }),
  infer("good: parameters", {
    ...ACT,
    params: { chat_completion: { temperature: 0.5, seed: 3, max_tokens: 50 } },
  }),
  infer("good: same episode", { ...ACT, episode_id: "$episode" }),
  infer("good: dryrun", { ...ACT, dryrun: true }),
  infer("good: raw response", {
    ...ACT,
    include_raw_response: true,
    include_original_response: true,
  }),
  infer("good: stream", { ...ACT, stream: true }),
  infer("good: model", {
    model_name: "random",
    input: { system: "s", messages: [{ role: "user", content: "x" }] },
  }),
  chat("good: chat", OPENAI),
  chat("good: chat with parameters", {
    ...OPENAI,
    max_tokens: 40,
    max_completion_tokens: 30,
    temperature: 0,
    n: 1,
    stop: ["x"],
    unknown_key: 1,
  }),
  chat("good: chat stream", { ...OPENAI, stream: true, stream_options: { include_usage: true } }),
  chat("good: chat with deprecated arguments", {
    ...OPENAI,
    messages: [
      { role: "system", content: [{ type: "text", "tensorzero::arguments": SYSTEM }] },
      { role: "user", content: [USER] },
    ],
  }),
  infer("bad JSON", "{"),
  infer("bad: no input", { function_name: "act" }),
  infer("bad: unknown key", { ...ACT, colour: 1 }),
  infer("bad: unknown parameter", { ...ACT, params: { chat_completion: { foo: 1 } } }),
  infer("bad: reserved tag", { ...ACT, tags: { "tensorzero::x": "y" } }),
  infer("bad: UUIDv4", { ...ACT, episode_id: "11111111-1111-4111-8111-111111111111" }),
  infer("bad: UUIDv1", { ...ACT, episode_id: "11111111-1111-1111-8111-111111111111" }),
  infer("bad: too early", { ...ACT, episode_id: "016fd000-0000-7000-8000-000000000000" }),
  infer("bad: future", { ...ACT, episode_id: "04000000-0000-7000-8000-000000000000" }),
  infer("bad: function and model", { ...ACT, variant_name: undefined, model_name: "random" }),
  infer("bad: no target", { input: INPUT }),
  infer("bad: variant of a model", { model_name: "random", variant_name: "x", input: INPUT }),
  infer("bad: unknown function", { ...ACT, function_name: "nope" }),
  infer("bad: unknown variant", { ...ACT, variant_name: "nope" }),
  infer("bad: arguments", { ...ACT, input: { system: {}, messages: [] } }),
  infer("bad: no system", { ...ACT, input: { messages: [] } }),
  infer("bad: tools", { ...ACT, tool_choice: "auto" }),
  chat("bad: model", { ...OPENAI, model: "gpt-4o" }),
  chat("bad: n", { ...OPENAI, n: 2 }),
  chat("bad: stop", { ...OPENAI, stop: "x" }),
  chat("bad: denied keys", { ...OPENAI, "tensorzero::deny_unknown_fields": true, unknown_key: 1 }),
  chat("bad: block", { ...OPENAI, messages: [{ role: "user", content: [{ type: "nope" }] }] }),
  feedback("good: success", {
    metric_name: "success",
    episode_id: "$episode",
    value: true,
    tags: { source: "gateway:diff" },
  }),
  feedback("good: return", { metric_name: "episode_return", episode_id: "$episode", value: 0.5 }),
  feedback("good: comment", { metric_name: "comment", inference_id: "$inference", value: "fine" }),
  feedback("good: demonstration", {
    metric_name: "demonstration",
    inference_id: "$inference",
    value: { action: "drop" },
  }),
  feedback("bad: metric", { metric_name: "nope", episode_id: "$episode", value: 1 }),
  feedback("bad: both ids", {
    metric_name: "success",
    episode_id: "$episode",
    inference_id: "$inference",
    value: true,
  }),
  feedback("bad: no id", { metric_name: "comment", value: "x" }),
  feedback("bad: level", { metric_name: "success", inference_id: "$inference", value: true }),
  feedback("bad: target", { metric_name: "success", episode_id: OLD, value: true }),
  feedback("bad: type", { metric_name: "success", episode_id: "$episode", value: 1 }),
  feedback("bad: demonstration", {
    metric_name: "demonstration",
    inference_id: "$inference",
    value: { act: "drop" },
  }),
  list("list: episode", { function_name: "act", episode_id: "$episode" }),
  list("list: metric", {
    function_name: "act",
    episode_id: "$episode",
    filters: { type: "boolean_metric", metric_name: "success", value: true },
  }),
  list("list: demonstration", {
    function_name: "act",
    episode_id: "$episode",
    output_source: "demonstration",
  }),
  list("bad list: function", { function_name: "nope" }),
  list("bad list: metric", {
    function_name: "act",
    filters: { type: "float_metric", metric_name: "nope", value: 1, comparison_operator: ">" },
  }),
  { name: "status", method: "GET", path: "/status" },
  { name: "health", method: "GET", path: "/health" },
  {
    name: "probabilities",
    method: "GET",
    path: "/internal/functions/act/variant_sampling_probabilities",
  },
  { name: "unknown route", method: "GET", path: "/openai/v1/models" },
];

export type Send = (url: string, init: RequestInit) => Promise<Response>;

/**
 * Sends every probe to both gateways, then looks at what each stored for it, and lists what differs. Ids, times, durations
 * and hashes count as equal if both are there.
 *
 * @param send how a request is sent. Default: `patientFetch`.
 */
export async function diffGateways(
  urlA: string,
  urlB: string,
  probes = PROBES,
  send: Send = patientFetch,
): Promise<Difference[]> {
  const sides = [new Side(urlA, send), new Side(urlB, send)] as const;
  const differences: Difference[] = [];
  for (const probe of probes) {
    const [a, b] = await Promise.all(sides.map((side) => side.ask(probe)));
    compare(a, b, "", (at, left, right) =>
      differences.push({ probe: probe.name, at, a: left, b: right }),
    );
  }
  return differences;
}

/** One of the two gateways, with the ids that the first probe made there. */
class Side {
  private readonly url: string;
  private readonly headers: Record<string, string>;
  private ids = { $inference: OLD, $episode: OLD };

  constructor(
    url: string,
    private readonly send: Send,
  ) {
    const address = splitCredentials(parseHttpUrl(url));
    this.url = address.url.replace(/\/+$/, "");
    this.headers = { "content-type": "application/json", ...address.headers };
  }

  async ask({ name, method, path, body }: Probe): Promise<Record<string, unknown>> {
    const text =
      typeof body === "string"
        ? body
        : body === undefined
          ? undefined
          : this.fill(JSON.stringify(body));
    const response = await this.send(this.url + path, {
      method,
      body: text,
      headers: this.headers,
    });
    const answer = readBody(await response.text());
    const id = inferenceId(answer);
    if (name === "good" && id !== undefined)
      this.ids = { $inference: id, $episode: episodeId(answer) };
    const stored =
      path === "/inference" || path.startsWith("/openai") ? await this.stored(id) : undefined;
    return {
      status: response.status,
      version: response.headers.get("x-tensorzero-gateway-version"),
      body: answer,
      stored,
    };
  }

  private fill(text: string): string {
    return text
      .replaceAll("$inference", this.ids.$inference)
      .replaceAll("$episode", this.ids.$episode);
  }

  /** The stored inference. Writes may come after the answer, so it is asked for a few times. */
  private async stored(id: string | undefined): Promise<unknown> {
    if (id === undefined) return undefined;
    for (let tries = 0; tries < 5; tries++) {
      const init = {
        method: "POST",
        body: JSON.stringify({ ids: [id] }),
        headers: this.headers,
      };
      const response = await this.send(`${this.url}/v1/inferences/get_inferences`, init);
      const body = (await response.json()) as { inferences?: unknown[] };
      if (body.inferences?.length) return body.inferences;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return [];
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

function first(answer: unknown): Record<string, unknown> {
  const value: unknown = Array.isArray(answer) ? answer[0] : answer;
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function inferenceId(answer: unknown): string | undefined {
  const { inference_id, id } = first(answer);
  const found = inference_id ?? id;
  return typeof found === "string" ? found : undefined;
}

function episodeId(answer: unknown): string {
  return String(first(answer).episode_id);
}

/** Values that are different each time. */
const VARYING = new Set([
  "created",
  "timestamp",
  "processing_time_ms",
  "ttft_ms",
  "config_hash",
  "snapshot_hash",
  "model_inference_id",
  "data",
  "original_response",
]);
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

function compare(
  a: unknown,
  b: unknown,
  at: string,
  report: (at: string, a: unknown, b: unknown) => void,
): void {
  const bothObjects = typeof a === "object" && a !== null && typeof b === "object" && b !== null;
  if (!bothObjects || Array.isArray(a) !== Array.isArray(b)) {
    if (plain(a) !== plain(b)) report(at, a, b);
    return;
  }
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const left = (a as Record<string, unknown>)[key];
    const right = (b as Record<string, unknown>)[key];
    const path = at === "" ? key : `${at}.${key}`;
    if (!VARYING.has(key)) compare(left, right, path, report);
    else if (typeof left !== typeof right) report(path, left, right);
  }
}

function plain(value: unknown): unknown {
  return typeof value === "string" ? value.replace(UUID, "<id>") : value;
}
