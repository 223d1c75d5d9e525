import { BlockList, isIP } from "node:net";
import type { Dispatcher } from "undici";
import { HttpUrlError, parseHttpUrl, splitCredentials } from "../basics/http-url";
import { messageOf } from "../basics/message-of";
import type { Fetch } from "./providers/exchange";
import { type Answer, limitPacked, RedirectError, received } from "./providers/received";

export type Environment = Readonly<Record<string, string | undefined>>;
type Proxy = { fetch: Fetch };

const THIS_MACHINE = ["localhost", "127.0.0.0/8", "::1", "0.0.0.0"];

/** Node's own fetch gives up on headers, and on a pause in a body, after 300 s: the limits here are the caller's. */
const PATIENT = { headersTimeout: 0, bodyTimeout: 0 };

const DEFAULT_HEADERS = {
  accept: "*/*",
  "accept-encoding": "gzip",
  "user-agent": "undici",
};

let agent: Dispatcher | undefined;

const direct = () => {
  agent ??= new (undici().Agent)(PATIENT).compose(limitPacked);
  return agent;
};

/**
 * A fetch that waits as long as its caller does, follows no redirect and reads no endless answer.
 *
 * @throws RedirectError
 */
export async function patientFetch(
  input: string | URL | Request,
  init: RequestInit = {},
): Promise<Response> {
  if (input instanceof Request) {
    const { url, method, headers, signal } = input;
    return patientFetch(url, { method, headers, body: await input.text(), signal, ...init });
  }
  const { body, ...answer } = await sendBy(direct(), input, init);
  return new Response([204, 205, 304].includes(answer.status) ? null : body, answer);
}

/** A server that is asked for a redirect may hang. */
const ASKED_MS = 10_000;

/** The redirect that a server answers with; null without one. User and password of the address are not sent. */
export async function redirectAt(url: URL): Promise<RedirectError | null> {
  try {
    const signal = AbortSignal.timeout(ASKED_MS);
    await (await patientFetch(splitCredentials(url).url, { signal })).body?.cancel();
    return null;
  } catch (error) {
    return error instanceof RedirectError ? error : null;
  }
}

/** subtle: Node's own fetch would take several times as long. It is followed in what it sends and how it fails. */
async function sendBy(
  dispatcher: Dispatcher,
  url: string | URL,
  { method, headers, body, signal }: RequestInit,
): Promise<Answer> {
  const options = {
    dispatcher,
    method: method as Dispatcher.HttpMethod,
    headers: { ...DEFAULT_HEADERS, ...Object.fromEntries(new Headers(headers)) },
    body: body as string | undefined,
    signal,
  };
  const response = await undici()
    .request(url, options)
    .catch((cause) => {
      signal?.throwIfAborted();
      throw new TypeError("fetch failed", { cause });
    });
  return received(url, response);
}

/** Loaded when needed only. */
function undici() {
  return require("undici") as typeof import("undici");
}

/**
 * A fetch that goes by the proxy of HTTP_PROXY or HTTPS_PROXY, as the address begins, but directly to what NO_PROXY lists
 * and to this machine. Names in small letters come first, as in curl.
 * As {@link patientFetch} otherwise.
 */
export function outboundFetch(env: Environment): Fetch {
  const read = (name: string) => env[name.toLowerCase()] ?? env[name];
  const exempt = (read("NO_PROXY") ?? "").split(/[\s,]+/).filter(Boolean);
  const proxies = new Map<string, Proxy>();
  return async (address, init) => {
    const url = new URL(address);
    const name = url.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
    const given = read(name);
    if (!given || isThisMachine(url) || exempt.some((entry) => matches(entry, url)))
      return sendBy(direct(), address, init);
    const proxy = proxies.get(name) ?? openProxy(name, given);
    proxies.set(name, proxy);
    return proxy.fetch(address, init);
  };
}

/** Whether an address is this machine's, so that what is sent there does not leave it. */
export function isThisMachine(url: URL): boolean {
  return THIS_MACHINE.some((entry) => matches(entry, url));
}

/** Node's own fetch takes no proxy before version 24. @throws HttpUrlError */
function openProxy(name: string, given: string): Proxy {
  let address: ReturnType<typeof splitCredentials>;
  try {
    address = splitCredentials(parseHttpUrl(given.includes("://") ? given : `http://${given}`));
  } catch (cause) {
    throw new HttpUrlError(`${name} ${messageOf(cause)}`, { cause });
  }
  const { url: uri, headers } = address;
  // An address of http:// is asked of the proxy itself, as clients do; many allow tunnels to port 443 only.
  const dispatcher = new (undici().ProxyAgent)({
    uri,
    token: headers.authorization,
    proxyTunnel: false,
    ...PATIENT,
  }).compose(limitPacked);
  return { fetch: (url, init) => sendBy(dispatcher, url, init) };
}

/** An entry of NO_PROXY: `*`, a name with what is below it, an IP address or a range of them; with a port or without. */
function matches(entry: string, { hostname, port, protocol }: URL): boolean {
  if (entry === "*") return true;
  const [, before, wanted] = /^(\[.+\]|[^:]+):(\d+)$/.exec(entry) ?? [];
  if (wanted !== undefined && wanted !== (port || (protocol === "https:" ? "443" : "80")))
    return false;
  const host = withoutBrackets(hostname);
  const name = withoutBrackets(before ?? entry).toLowerCase();
  const [start = "", bits] = name.split("/");
  if (bits !== undefined) return isInRange(host, start, Number(bits));
  const domain = name.replace(/^\*?\./, "");
  return host === domain || host.endsWith(`.${domain}`);
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[|\]$/g, "");
}

function isInRange(host: string, start: string, bits: number): boolean {
  const version = isIP(start);
  if (version === 0 || isIP(host) !== version || !(bits <= (version === 4 ? 32 : 128)))
    return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  const range = new BlockList();
  range.addSubnet(start, bits, family);
  return range.check(host, family);
}
