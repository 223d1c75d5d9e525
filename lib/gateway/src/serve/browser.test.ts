import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@clickhouse/client";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { describeInChromium, launchChromium } from "../testing/chromium";
import { readHandover } from "./handover";
import { listen } from "./listen";
import { up } from "./up";

/** Node tells here of each answer that one of its servers has given. */
const FINISHED = "http.server.response.finish";

/**
 * What a page can do with an address of ours. Each is a script that ends when the browser has an answer, or has given up.
 * `URL` stands for the address.
 */
const ELEMENTS: Record<string, string> = {
  img: `el("img", { src: URL })`,
  script: `el("script", { src: URL })`,
  stylesheet: `el("link", { rel: "stylesheet", href: URL })`,
  iframe: `el("iframe", { src: URL })`,
  object: `el("object", { data: URL })`,
  video: `el("video", { src: URL })`,
  "fetch, no-cors": `fetch(URL, { mode: "no-cors" })`,
  "fetch, cors": `fetch(URL)`,
  "fetch, with a preflight": `fetch(URL, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" })`,
  "fetch, POST of text": `fetch(URL, { method: "POST", mode: "no-cors", body: "SELECT 1" })`,
  beacon: `new Promise((done) => { navigator.sendBeacon(URL, "SELECT 1"); setTimeout(done, 300); })`,
  EventSource: `new Promise((done) => { new EventSource(URL).onerror = done; })`,
  WebSocket: `new Promise((done) => { new WebSocket(URL.replace("http", "ws")).onerror = done; })`,
};

/** Navigations of the page itself, or of a window that it opens. */
const NAVIGATIONS: Record<string, string> = {
  link: `el("a", { href: URL }).click()`,
  "link without referrer": `el("a", { href: URL, rel: "noreferrer" }).click()`,
  location: `location.assign(URL)`,
  "form, GET": `form("get")`,
  "form, POST": `form("post", "application/x-www-form-urlencoded")`,
  "form, POST of text": `form("post", "text/plain")`,
  "form, POST of a file": `form("post", "multipart/form-data")`,
};

const HELPERS = `
  const el = (name, properties) => {
    const element = Object.assign(document.createElement(name), properties);
    const answer = new Promise((done) => { element.onload = element.onerror = done; });
    document.body.append(element);
    return name === "a" ? element : Promise.race([answer, new Promise((done) => setTimeout(done, 2000))]);
  };
  const form = (method, enctype = "") => {
    const field = Object.assign(document.createElement("input"), { name: "query", value: "SELECT 1" });
    const made = Object.assign(document.createElement("form"), { action: URL, method, enctype });
    made.append(field);
    document.body.append(made);
    made.submit();
  };`;

describeInChromium("a page in the user's browser", () => {
  const folder = mkdtempSync(join(tmpdir(), "browser-test-"));
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** Serves pages; sends on what asks for `/to/<address>`. */
  let elsewhere: Server;
  let port: number;
  let ours: Awaited<ReturnType<typeof listen>>;
  /** What has got past the guard. */
  const reached: string[] = [];
  /** What our address has answered: method, what the browser wants it for, status. */
  let answers: string[] = [];
  const answered = new EventEmitter();
  const note = (message: unknown) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (request.url === "/favicon.ico") return; // asked for by the browser itself
    if (request.socket.localPort !== port) answered.emit("any", response.statusCode);
    if (request.socket.localPort !== Number(new URL(ours.url).port)) return;
    const kind = request.headers["sec-fetch-dest"] ?? "unknown";
    answers.push(`${request.method} ${kind} ${response.statusCode}`);
    answered.emit("one");
  };

  beforeAll(async () => {
    elsewhere = createServer((request, response) => {
      const to = /^\/to\/([^?]+)/.exec(request.url ?? "")?.[1] ?? "";
      if (to !== "") response.writeHead(307, { location: decodeURIComponent(to) }).end();
      else response.writeHead(200, { "content-type": "text/html" }).end("<body>A page.</body>");
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
    port = (elsewhere.address() as AddressInfo).port;
    const app = {
      fetch: (request: Request) => {
        const { pathname, search } = new URL(request.url);
        // The browser's own, for the page of a refusal.
        if (pathname !== "/favicon.ico") reached.push(`${request.method} ${pathname}${search}`);
        return new Response("ok");
      },
    };
    ours = await listen("gateway", app, { port: 0 });
    subscribe(FINISHED, note);
    browser = await launchChromium([
      "--host-resolver-rules=MAP *.test 127.0.0.1",
      "--disable-popup-blocking",
    ]);
  });
  afterAll(async () => {
    unsubscribe(FINISHED, note);
    await browser.close();
    await ours.close();
    elsewhere.closeAllConnections();
    await new Promise((resolve) => elsewhere.close(resolve));
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    reached.length = 0;
    answers = [];
    context = await browser.newContext();
    page = await context.newPage();
  });
  afterEach(() => context.close());

  /** Runs one of the scripts above in the page. */
  const attempt = (script: string, url: string) =>
    page
      .evaluate(
        `(async () => { const URL = ${JSON.stringify(url)}; ${HELPERS} await ${script}; })()`,
      )
      .catch(() => {}); // refused requests fail, navigations leave the page

  /** From another site, and from other ports of this machine. */
  const origins = () =>
    ["elsewhere.test", "localhost", "127.0.0.1"].map((host) => `http://${host}:${port}/`);
  /** The address itself, and one of the page's own server that redirects to it. */
  const targets = (origin: string, url: string) => [url, `${origin}to/${encodeURIComponent(url)}`];

  test("pictures, scripts, frames, fetch and the like from another site or port are refused", async () => {
    for (const origin of origins()) {
      await page.goto(origin);
      for (const target of targets(origin, `${ours.url}/?query=x`)) {
        for (const [name, script] of Object.entries(ELEMENTS)) {
          answers = [];
          await attempt(script, target);
          // No browser follows a WebSocket's redirect.
          if (name === "WebSocket" && target.startsWith(origin)) expect(answers).toEqual([]);
          else expect([name, answers]).toEqual([name, [expect.stringMatching(/^\w+ \w+ 403$/)]]);
        }
      }
    }
    expect(reached).toEqual([]);
  });

  test("links, forms and redirects from another site or port are refused", async () => {
    for (const origin of origins()) {
      for (const target of targets(origin, `${ours.url}/status`)) {
        // Its own machine's pages differ from others in their origin alone, which these two show.
        const isOther = origin.includes("elsewhere");
        for (const [name, script] of Object.entries(NAVIGATIONS)) {
          if (!isOther && name !== "link" && name !== "form, POST of text") continue;
          page = await context.newPage();
          await page.goto(origin);
          answers = [];
          const answer = once(answered, "one", { signal: AbortSignal.timeout(30_000) });
          // subtle: not awaited, since a page that leaves may never answer for its script.
          void attempt(script, target);
          await answer;
          expect([name, answers]).toEqual([name, [expect.stringMatching(/^\w+ document 403$/)]]);
          void page.close();
        }
      }
    }
    expect(reached).toEqual([]);
  });

  test("a name that is made to point here (DNS rebinding) is refused, from the address bar and from its own page", async () => {
    const { port: ourPort } = new URL(ours.url);
    const rebound = `http://elsewhere.test:${ourPort}/status`;
    expect((await page.goto(rebound))?.status()).toBe(403);
    const own = await page.evaluate(async (url) => (await fetch(url)).status, rebound);
    expect(own).toBe(403);
    expect(reached).toEqual([]);
  });

  test("an address that the user types gets pages without parameters; a program gets all", async () => {
    expect((await page.goto(`${ours.url}/status`))?.status()).toBe(200);
    expect((await page.goto(`${ours.url}/?query=SELECT%201`))?.status()).toBe(403);
    await page.goto(`${ours.url}/status`);
    expect(await page.evaluate(async () => (await fetch("/own")).status)).toBe(200);
    expect((await fetch(`${ours.url}/?query=x`, { method: "POST" })).status).toBe(200);
    expect(reached).toEqual(["GET /status", "GET /status", "GET /own", "POST /?query=x"]);
  });

  test("ClickHouse of `npm run up`: what a page writes, reads and drops by a picture, a link or a form", async () => {
    const written = join(folder, "written");
    const configPath = join(folder, "tensorzero.toml");
    writeFileSync(configPath, "");
    const running = await up({
      ...{ configPath, dataDir: join(folder, "data"), env: {} },
      models: { fetch: () => new Response() },
      ports: { gateway: 0, clickhouse: 0, models: 0 },
    });
    try {
      const clickhouse = readHandover(join(folder, "data"))?.clickhouse ?? "";
      const { origin, password } = new URL(clickhouse);
      for (const query of [
        `INSERT INTO FUNCTION file('${written}', 'TSV', 'a String') SELECT 'alias ls=x'`,
        `SELECT 1 INTO OUTFILE '${written}'`,
        `SELECT * FROM url('http://127.0.0.1:${port}/stolen', 'TSV', 'a String')`,
        "DROP TABLE tensorzero.JsonInference",
      ]) {
        // Even a page that knew the password.
        const search = new URLSearchParams({ query, user: "chuser", password, session_id: "s" });
        for (const script of [ELEMENTS.img, NAVIGATIONS.link, NAVIGATIONS["form, POST of text"]]) {
          page = await context.newPage();
          await page.goto(`http://elsewhere.test:${port}/`);
          const answer = once(answered, "any", { signal: AbortSignal.timeout(30_000) });
          void attempt(String(script), `${origin}/?${search}`);
          expect(await answer).toEqual([403]);
          void page.close();
        }
      }
      expect(existsSync(written)).toBe(false);
      const client = createClient({ url: clickhouse });
      const rows = await client.query({ query: "SELECT count() AS n FROM JsonInference" });
      expect(((await rows.json()) as { data: unknown[] }).data).toHaveLength(1);
      await client.close();
    } finally {
      await running.close();
    }
  });
});
