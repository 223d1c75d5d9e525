import { type Environment, outboundFetch } from "../models/outbound";
import type { Fetch } from "../models/providers/exchange";
import { NEVER } from "../models/timeouts";

/** Where the local models are, by config/tensorzero.toml. */
export const MODELS_ORIGIN = "http://localhost:3030";

type App = { fetch(request: Request): Response | Promise<Response> };

/** A `fetch` that is answered by an app in this process, which hears of an abort by the request's signal. */
export function inProcess(
  app: App,
): (input: string | URL | Request, init?: RequestInit) => Promise<Response> {
  return async (input, init = {}) => {
    const { signal, ...rest } = init;
    const request =
      typeof init.body === "string" && typeof input === "string"
        ? textRequest(input, init, init.body)
        : new Request(input, rest);
    // subtle: a real Request would follow the signal as long as that lives.
    Object.defineProperty(request, "signal", { value: signal ?? NEVER });
    const answer = Promise.resolve(app.fetch(request));
    return signal ? unlessAborted(answer, signal) : answer;
  };
}

/**
 * A `fetch` for a gateway's providers: the local models answer in this process, all else goes out by `outboundFetch`.
 *
 * @param areSlow the local models may take long, so that they hear when the gateway gives them up
 */
export function reachModels(models: App, env: Environment, areSlow = false): Fetch {
  const local = inProcess(models);
  const outbound = outboundFetch(env);
  return (url, init) => {
    if (!url.startsWith(`${MODELS_ORIGIN}/`)) return outbound(url, init);
    if (areSlow) return local(url, init);
    // subtle: without the signal, which is made when it is asked for and takes a part of an inference's time.
    const { method, headers, body } = init;
    return local(url, { method, headers, body });
  };
}

/**
 * The parts of a request that Hono and the apps read. A real one also makes a signal and a stream, which are never used
 * and take a tenth of an inference's time.
 */
function textRequest(url: string, init: RequestInit, body: string): Request {
  const request = {
    url,
    method: init.method ?? "GET",
    headers: new Headers(init.headers),
    text: async () => body,
    json: async () => JSON.parse(body),
    arrayBuffer: async () => new TextEncoder().encode(body).buffer,
  };
  return request as Request;
}

/** subtle: the listener goes with the answer. One signal may serve all calls, and would keep what each was answered. */
function unlessAborted<T>(answer: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort);
    answer.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
