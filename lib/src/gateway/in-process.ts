/** Where the local models are, by config/tensorzero.toml. */
export const MODELS_ORIGIN = "http://localhost:3030";

type App = { fetch(request: Request): Response | Promise<Response> };
type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * A `fetch` that is answered by an app in this process. The app does not hear of an abort: like a server, it goes on to
 * the end, and only its caller stops waiting.
 */
export function inProcess(app: App): Fetch {
  return async (input, init = {}) => {
    // subtle: a signal inside a Request is among the dearest things that a call could make.
    const { signal, ...rest } = init;
    const answer = Promise.resolve(app.fetch(new Request(input, rest)));
    return signal ? Promise.race([answer, rejection(signal)]) : answer;
  };
}

/** A `fetch` for a gateway's providers: the local models answer in this process, all else goes out. */
export function reachModels(models: App): (url: string, init: RequestInit) => Promise<Response> {
  const local = inProcess(models);
  return (url, init) => (url.startsWith(`${MODELS_ORIGIN}/`) ? local : fetch)(url, init);
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}
