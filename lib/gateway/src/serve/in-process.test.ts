import { getEventListeners } from "node:events";
import { Hono } from "hono";
import { inProcess } from "./in-process";

const echo = inProcess({
  fetch: async (request) =>
    new Response(`${request.method} ${request.url} ${await request.text()}`),
});

test("sends the request to the app", async () => {
  const { signal } = new AbortController();
  const response = await echo("http://embedded/x", { method: "POST", body: "hello", signal });
  expect(await response.text()).toBe("POST http://embedded/x hello");
});

test("a body of text reaches an app as in a real request, however it is read", async () => {
  const app = new Hono();
  app.post("/text", async (c) => c.json([await c.req.text(), c.req.header("x-a")]));
  app.post("/json", async (c) => c.json(await c.req.json()));
  app.post("/bytes", async (c) => c.json([...new Uint8Array(await c.req.arrayBuffer())]));
  app.post("/query", (c) => c.json([c.req.query("q"), c.req.path]));
  const paths = ["text", "json", "bytes", "query?q=1%202", "none"];
  for (const url of paths.map((path) => `http://embedded/${path}`)) {
    const init = { method: "POST", body: '["é"]', headers: { "X-A": "b" } };
    const real = await app.fetch(new Request(url, init));
    const ours = await inProcess(app)(url, init);
    expect([ours.status, await ours.text()]).toEqual([real.status, await real.text()]);
  }
});

test("an abort ends the wait, with the signal's reason", async () => {
  const never = inProcess({ fetch: () => new Promise<Response>(() => {}) });
  const controller = new AbortController();
  const waiting = never("http://embedded/x", { signal: controller.signal });
  controller.abort(new Error("enough"));
  await expect(waiting).rejects.toThrow("enough");
  await expect(never("http://embedded/x", { signal: controller.signal })).rejects.toThrow("enough");
});

test("calls leave nothing behind on a signal that outlives them", async () => {
  const { signal } = new AbortController();
  const app = { fetch: (request: Request) => new Response(request.url) };
  for (let i = 0; i < 3; i++) await inProcess(app)("http://app/", { signal });
  const broken = { fetch: () => Promise.reject(new Error("broken")) };
  await expect(inProcess(broken)("http://app/", { signal })).rejects.toThrow("broken");
  await new Promise(setImmediate);
  expect(getEventListeners(signal, "abort")).toHaveLength(0);
});
