import { nearest } from "babyai";
import {
  messageOf,
  oneLine,
  type outboundFetch,
  RedirectError,
  Secrets,
  secretsIn,
} from "embedded-gateway";
import { ModelError } from "./model-error";

/** A model as a server lists it. */
export interface ServedModel {
  id: string;
  /** OpenAI's list says so of models that will end: "2027-01-14". */
  shutdownDate: string | null;
}

/** Where a server of OpenAI's protocol is, and the key for it. */
export interface ServerAddress {
  /** Ends with a slash, e.g. http://localhost:11434/v1/. */
  apiBase: string;
  key: string | undefined;
  /** How it is reached. */
  fetch: ReturnType<typeof outboundFetch>;
}

const DATE = /^\d{4}-\d{2}-\d{2}/;

const TIMEOUT_MS = 20_000;

/** How many names are suggested for one that the server does not know. */
const SUGGESTIONS = 5;

/**
 * The model that a server knows by this name. Ollama's `:latest` and Gemini's `models/` may be left out.
 *
 * @throws ModelError unreachable, refused, or unknown_model with the names that are nearest
 */
export async function findServedModel(server: ServerAddress, name: string): Promise<ServedModel> {
  const listed = await listModels(server);
  const names = [name, `${name}:latest`, `models/${name}`];
  const found = listed.find(({ id }) => names.includes(id)) ?? (await retrieve(server, name));
  if (found !== null) return found;
  throw new ModelError(
    "unknown_model",
    `${server.apiBase} has no model ${JSON.stringify(name)}. ${describe(name, listed)}`,
  );
}

function describe(name: string, listed: readonly ServedModel[]): string {
  if (listed.length === 0) return "It has none at all: pull or load one first.";
  const ids = listed.map(({ id }) => id);
  const near = nearest(name, ids, SUGGESTIONS).map((id) => JSON.stringify(oneLine(id, 100)));
  const more = ids.length - near.length;
  return `It has ${near.join(", ")}${more > 0 ? ` and ${more} more` : ""}.`;
}

/** The models that a server lists: by OpenAI's protocol, or by Ollama's own where an old one lacks that. */
async function listModels(server: ServerAddress): Promise<ServedModel[]> {
  const { apiBase } = server;
  let answer = await get(server, "models?limit=1000");
  if (answer.status === 404) answer = await get(server, "/api/tags");
  const { status, text, body } = answer;
  if (status === 401 || status === 403) {
    const what = server.key === undefined ? "a request without a key" : "the key";
    throw new ModelError(
      "refused",
      `${apiBase} refuses ${what} (${status} ${oneLine(text, 200)}).`,
    );
  }
  const list = body?.data ?? body?.models;
  if (!Array.isArray(list)) {
    throw new ModelError(
      "refused",
      `${apiBase} has no list of models (${status}): is it the address of an OpenAI-compatible API, with /v1/ at its end?`,
    );
  }
  return list.map(asServedModel).filter((model) => model !== null);
}

/** Some servers know names that they do not list, such as Anthropic's short ones. */
async function retrieve(server: ServerAddress, name: string): Promise<ServedModel | null> {
  return asServedModel((await get(server, `models/${encodeURIComponent(name)}`)).body);
}

function asServedModel(entry: unknown): ServedModel | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { id, name, shutdown_date } = entry as Record<string, unknown>;
  const known = id ?? name; // Ollama's own list says name
  if (typeof known !== "string") return null;
  return { id: known, shutdownDate: DATE.exec(String(shutdown_date))?.[0] ?? null };
}

interface Answer {
  status: number;
  /** For errors. */
  text: string;
  /** Null: the answer is an error, or no JSON. */
  body: Record<string, unknown> | null;
}

async function get({ apiBase, key, fetch }: ServerAddress, path: string): Promise<Answer> {
  const headers: Record<string, string> = {};
  if (key !== undefined) headers.authorization = `Bearer ${key}`;
  if (key !== undefined && new URL(apiBase).hostname === "api.anthropic.com") {
    // Its list of models is not part of what it serves by OpenAI's protocol.
    headers["x-api-key"] = key;
    headers["anthropic-version"] = "2023-06-01";
  }
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const response = await fetch(new URL(path, apiBase).href, { headers, signal });
    const { status, ok } = response;
    const secrets = new Secrets(secretsIn(headers));
    const text = await response.text();
    return {
      status,
      text: secrets.redactError(text),
      body: ok ? parse(secrets.redact(text)) : null,
    };
  } catch (cause) {
    if (cause instanceof RedirectError)
      throw new ModelError("refused", `${cause.message}, with --url.`, { cause });
    const { cause: inner } = cause as { cause?: { code?: string } };
    const why = signal.aborted ? `no answer in ${TIMEOUT_MS / 1000} s` : inner?.code;
    throw new ModelError(
      "unreachable",
      `No server answers at ${apiBase} (${why ?? messageOf(cause)}). Start it, or name its address with --url.`,
      { cause },
    );
  }
}

function parse(text: string): Record<string, unknown> | null {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return null;
  }
}
