import { Hono } from "hono";
import { isSameSecret } from "../basics/same-secret";

/** An app, as hono has them. */
export type Fetcher = { fetch(request: Request): Response | Promise<Response> };

export interface GuardOptions {
  /** Other machines reach the address, by names that are not known here. Default: it is this machine's own. */
  isOpen?: boolean;
  /**
   * Its addresses open in a browser, parameters and all, typed or by a link of another site: a notebook's come from JupyterLab's. For
   * pages that only show something, in which a GET chooses what and changes nothing. Default false.
   */
  takesLinks?: boolean;
  /** What requests must carry, as bearer token or with any user as HTTP's Basic one. Default: nothing. */
  password?: string;
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** True for an address that only this machine reaches. */
export function isLoopback(host: string): boolean {
  return LOOPBACK.has(host.replace(/[[\]]/g, ""));
}

/**
 * Keeps web pages out. A page in the user's browser can send requests to this machine, too: by a picture, a script, a form,
 * a link or a redirect, and by a name of its own that it lets point here. The browser says where a request comes from.
 */
export function guard(
  app: Fetcher,
  { isOpen = false, takesLinks = false, password }: GuardOptions,
): Hono {
  const guarded = new Hono();
  guarded.all("/*", (c) => {
    const page = takesLinks && isLink(c.req.raw) ? undefined : foreignPage(c.req.raw);
    if (page !== undefined)
      return c.json({ error: `Requests of web pages are not taken: this one is of ${page}.` }, 403);
    const host = c.req.header("host") ?? new URL(c.req.url).host;
    // Two of them arrive as one that is no host.
    const hostname = URL.canParse(`http://${host}`) ? new URL(`http://${host}`).hostname : host;
    if (!isOpen && !isLoopback(hostname)) return c.json({ error: `This is not ${hostname}.` }, 403);
    if (password !== undefined && !carries(c.req.header("authorization"), password))
      return c.json({ error: "Give the password as a bearer token." }, 401);
    return app.fetch(c.req.raw);
  });
  return guarded;
}

/** Whether a browser asks for a page to show it by itself, and for no more: what opened it sees nothing of the answer. */
function isLink({ method, headers }: Request): boolean {
  return (
    method === "GET" &&
    headers.get("sec-fetch-mode") === "navigate" &&
    headers.get("sec-fetch-dest") === "document"
  );
}

/** Where a browser's request comes from, if not from a page of ours; undefined for one of ours, or of a program. */
function foreignPage({ method, url, headers }: Request): string | undefined {
  const site = headers.get("sec-fetch-site");
  const { origin, search } = new URL(url);
  // An address typed by the user: a page to read such as /health, but no statement of ClickHouse's.
  if (site === "none" && (search !== "" || (method !== "GET" && method !== "HEAD")))
    return "the address bar, which gets pages without parameters only";
  const from = headers.get("origin") ?? originOf(headers.get("referer"));
  if (site !== null && site !== "none" && site !== "same-origin") return from ?? `a ${site} page`;
  return from === undefined || from === origin ? undefined : from;
}

function originOf(url: string | null): string | undefined {
  if (url === null) return undefined;
  return URL.canParse(url) ? new URL(url).origin : url;
}

function carries(authorization = "", password: string): boolean {
  const [, scheme, value = ""] = /^(Bearer|Basic) (.*)$/i.exec(authorization) ?? [];
  if (scheme?.toLowerCase() !== "basic") return isSameSecret(value, password);
  const text = Buffer.from(value, "base64").toString("utf8");
  return isSameSecret(text.slice(text.indexOf(":") + 1), password);
}
