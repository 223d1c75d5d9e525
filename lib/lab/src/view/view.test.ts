import { EventEmitter, once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, get as httpGet, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { printable, uuidv7 } from "embedded-gateway";
import { describeInChromium, launchChromium } from "embedded-gateway/testing/chromium";
import type { Browser, Page } from "playwright-core";
import { fillStore, insertPlan } from "../../../../bench/fill-store";
import { type Lab, openLab } from "../lab";
import { insertFailure } from "../queries/runs/failures";
import type { View } from "./serve";

const project = join(__dirname, "..", "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "view-test-"));
const OBEYED = "\x1b[31m\u202e";
/** What a model may answer, an error may say, and a note may be. */
const hostile = `${OBEYED}</script><script>document.title = "owned"</script><img src=x onerror="document.title='owned'">${"x".repeat(3000)}`;
const HOSTILE = `</script><script>document.title = "owned"</script>\u202e${"W".repeat(28)}`;
const LONG = `hostile${"n".repeat(200)}`;
const OWN_TOML = [["hostile"], ["gated"], [LONG, "hostile"]].map(
  ([name = "", model = name]) => `
[functions.act.variants.${name}]
type = "chat_completion"
model = "${model}"
system_template = "${project}/config/functions/act/baseline/system.minijinja"
user_template = "${project}/config/functions/act/baseline/user.minijinja"
json_mode = "on"`,
);
/** The gated model answers ten times, and then when the gate is open. */
const gate = new EventEmitter();
let answers = 0;
async function gated(): Promise<string> {
  if (++answers === 10) {
    gate.emit("reached");
    await once(gate, "open");
  }
  return '{"action":"turn left"}';
}

let lab: Lab;
let view: View;
/** Of each variant and task; `npm run bench -- view` has 15 and 5,000. */
const SEEDS = 4;
/** Of 80 episodes, of one, and of an unfinished one by a hostile model. */
let large: string;
let one: string;
let evil: string;

beforeAll(async () => {
  const toml = join(folder, "own.toml");
  writeFileSync(toml, OWN_TOML.join("\n"));
  lab = await openLab({
    ...{ gateway: "embedded", dataDir: join(folder, "store"), project },
    configPath: ["config/tensorzero.toml", toml],
    models: { hostile: () => hostile, gated },
  });
  [large = ""] = await fillStore(lab.clickhouse, { runs: 1, seeds: SEEDS });
  await insertPlan(lab.clickhouse, large, SEEDS);
  const task = "BabyAI-GoToObj-v0";
  const play = (variants: string[], label: { name: string; note: string }) =>
    lab.evaluate({ variants, tasks: [task], episodes: 1, ...label });
  one = (await play(["rule_based_history"], { name: "One world", note: "To see it work" })).id;
  evil = (await play(["hostile", LONG], { name: HOSTILE, note: hostile.slice(0, 500) })).id;
  await insertFailure(lab.clickhouse, {
    ...{
      run: evil,
      variant: "hostile",
      task: '"><script>document.title = "owned"</script>',
      seed: 7,
    },
    ...{ episodeId: uuidv7(), feedbackId: uuidv7(), error: hostile },
  });
  jest.spyOn(process.stdout, "write").mockReturnValue(true);
  view = await lab.view({ port: 0 });
  jest.restoreAllMocks();
});
afterAll(async () => {
  await lab.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(`${view.url}${path}`, { headers, redirect: "manual" });
/** `fetch` sets what a browser would by itself. */
const statusOf = (path: string, headers: Record<string, string> = {}) =>
  new Promise((resolve, reject) => {
    httpGet(`${view.url}${path}`, { headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).on("error", reject);
  });
const text = async (path: string) => (await get(path)).text();
const episodesOf = async (run: string) =>
  (await lab.episodes({ run })).flatMap(({ episode_id, inferences }) =>
    inferences > 0 && episode_id !== null ? [episode_id] : [],
  );

describe("over HTTP", () => {
  test("pages of other sites, other names and other machines are refused", async () => {
    const link = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" };
    const top = { ...link, "sec-fetch-dest": "document" };
    for (const [path, headers, status] of [
      ["/", { origin: "http://elsewhere.test" }, 403],
      ["/", { host: "elsewhere.test" }, 403],
      ["/", { ...link, "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" }, 403],
      ["/", { ...link, "sec-fetch-dest": "iframe" }, 403],
      ["/?x=1", { ...top, "sec-fetch-dest": "iframe" }, 403],
      ["/?x=1", { ...link, "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }, 403],
      // What shows it by itself may lead here, such as a notebook of JupyterLab; DNS rebinding may not.
      ["/", top, 200],
      ["/?utm_source=chat", top, 200],
      ["/?utm_source=chat", { ...top, "sec-fetch-site": "none" }, 200],
      ["/", { ...top, host: "elsewhere.test" }, 403],
    ] as const)
      expect([path, headers, await statusOf(path, headers)]).toEqual([path, headers, status]);
    expect(new URL(view.url).hostname).toBe("127.0.0.1");
  });

  test("the page's style and the player's, which stand together, name no color alike but the ground's", () => {
    const [page, player] = ["view", "replay"].map((room) => {
      const css = readFileSync(join(__dirname, "..", room, "page.css"), "utf8");
      return new Set(css.match(/--[a-z-]+(?=:)/g));
    });
    const shared = [...page!].filter((name) => player!.has(name));
    expect(shared.sort()).toEqual(["--ground", "--ink", "--muted"]);
  });

  test("no page may load or run anything but this server's files", async () => {
    const [episode = ""] = await episodesOf(one);
    for (const path of ["/", `/runs/${large}`, "/compare", "/nowhere", `/parts/runs/1`]) {
      const { headers } = await get(path);
      expect(headers.get("content-security-policy")).toContain("default-src 'none'");
      expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
      expect(headers.get("content-security-policy")).not.toContain("unsafe");
    }
    const player = await text(`/episodes/${episode}`);
    expect(player).toContain("default-src 'none'");
    expect(player).not.toContain("unsafe");
  });

  test.each([
    ["/nowhere", 404],
    ["/runs/none", 404],
    ["/runs/none/episodes", 404],
    ["/runs/bench-000/episodes/outcome=lost", 404],
    ["/runs/bench-000/episodes/page=x", 404],
    ["/parts/runs/bench-000/charts/none", 404],
    ["/compare/none", 404],
    ["/compare?run=bench-000", 400],
    ["/runs/bench-000/episodes?outcome=lost", 400],
    ["/runs/bench-000/episodes?constructor=x", 400],
    ["/runs/bench-000/episodes?outcom=failed&utm_source=mail", 400],
    ["/runs/bench-000?outcom=failed", 400],
    ["/episodes/none", 404],
    ["/episodes/01900000-0000-7000-8000-000000000000", 404],
    ["/runs/%E0%A4%A", 404],
    ["/episodes/%E0%A4%A", 400],
  ])("%s answers %d with a page", async (path, status) => {
    const answer = await get(path);
    expect([answer.status, await answer.text()]).toEqual([
      status,
      expect.stringContaining('class="notice"'),
    ]);
  });

  test("a note needs the token that is in the page", async () => {
    const [id = ""] = await episodesOf(one);
    const post = (fields: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${view.url}/episodes/${id}/annotations`, {
        ...{ method: "POST", redirect: "manual", headers },
        body: new URLSearchParams(fields),
      });
    const token = /name="token" value="([^"]+)"/.exec(await text(`/episodes/${id}`))?.[1] ?? "";
    const note = { rating: "4", comment: hostile };
    expect((await post(note)).status).toBe(403);
    expect((await post({ ...note, token: `${token}x` })).status).toBe(403);
    expect((await post({ ...note, token }, { origin: "http://elsewhere.test" })).status).toBe(403);
    expect((await lab.episodes({ run: one }))[0]).toMatchObject({ rating: null, comment: null });
    expect((await post({ token })).status).toBe(400);
    expect((await post({ token, rating: "9" })).status).toBe(400);
    const stored = await post({ ...note, token, back: "//elsewhere.test" });
    expect([stored.status, stored.headers.get("location")]).toEqual([303, `/episodes/${id}`]);
    expect((await lab.episodes({ run: one }))[0]).toMatchObject({ rating: 4, comment: hostile });
    const page = await text(`/episodes/${id}`);
    expect(page).toContain("4 of 5");
    expect(page).toContain('">One world</a>');
    expect(page).not.toMatch(/<img src=x|<script>document/);
    expect(page).toBe(printable(page));
  });

  test("a form's choice becomes an address of its own", async () => {
    const listed = await get(
      `/runs/${large}/episodes?variant=history&outcome=unsolved&task=&sort=length`,
    );
    expect([listed.status, listed.headers.get("location")]).toEqual([
      303,
      `/runs/${large}/episodes/variant=history/outcome=unsolved/sort=length`,
    ]);
    // Typed by hand.
    const typed = await get(`/runs/${large}?outcome=unsolved`);
    expect(typed.headers.get("location")).toBe(`/runs/${large}/episodes/outcome=unsolved`);
    expect(await text(`/runs/${large}?outcom=failed`)).toContain(
      "Did you mean &quot;outcome&quot;?",
    );
    const compared = await get(`/compare?side=${large}~history&side=&side=${one}`);
    expect(compared.headers.get("location")).toBe(`/compare/${large}~history/${one}`);
  });

  test("what programs of mail and chat append to a link is passed over", async () => {
    const appended = "utm_source=mail&fbclid=x1&gclid=x2&msclkid=x3&mc_eid=x4";
    const [episode = ""] = await episodesOf(one);
    const list = `/runs/${one}/episodes`;
    for (const path of ["/", `/runs/${one}`, list, "/compare", `/episodes/${episode}`])
      expect([path, await statusOf(`${path}?${appended}`)]).toEqual([path, 200]);
    const chosen = await get(`/runs/${one}?utm_source=mail&outcome=solved&fbclid=x`);
    expect(chosen.headers.get("location")).toBe(`${list}/outcome=solved`);
    const compared = await get(`/compare?side=${one}&utm_medium=chat`);
    expect(compared.headers.get("location")).toBe(`/compare/${one}`);
  });

  test("variants of several runs are never pooled", async () => {
    const again = (
      await lab.evaluate({
        variants: ["rule_based_history"],
        tasks: ["BabyAI-GoToObj-v0"],
        episodes: 2,
      })
    ).id;
    const tables = await text(`/parts/compare/${one}/${again}/tables`);
    // By the run's name, or else by the end of its id.
    for (const run of ["One world", again.slice(again.lastIndexOf("-") + 1)])
      expect(tables).toContain(`rule_based_history · ${run}`);
    // Seed 200 is in both.
    expect(tables).toMatch(/<td class="right">\s*1 <span class="facts">\(1 unpaired\)/);
    const apart = await text(`/parts/compare/${large}~history/${one}/tables`);
    expect(apart).toContain("They share no world");
    const chart = `/parts/compare/${large}~history/${one}/charts/success_rate_differences`;
    expect(await text(chart)).toBe("");
  });
});

describeInChromium("in Chromium", () => {
  let browser: Browser;
  let page: Page;
  let elsewhere: Server;
  const problems: string[] = [];
  beforeAll(async () => {
    browser = await launchChromium(["--host-resolver-rules=MAP *.test 127.0.0.1"]);
    elsewhere = createServer((_, response) =>
      response.end(
        `<a id=link target=_blank href="${view.url}/">runs</a><a id=choice target=_blank href="${view.url}/runs/${large}?outcome=failed">failed</a>`,
      ),
    );
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve));
  });
  afterAll(async () => {
    await browser.close();
    elsewhere.closeAllConnections();
    elsewhere.close();
  });
  beforeEach(async () => {
    problems.length = 0;
    page = await browser.newPage();
    page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
    page.on("pageerror", (error) => problems.push(error.message));
  });
  afterEach(async () => {
    expect(await page.title()).not.toBe("owned");
    expect(problems).toEqual([]);
    await page.close();
  });
  const open = (path: string) => page.goto(`${view.url}${path}`);

  test("an address that is typed opens, with a form's words or a mail program's at its end", async () => {
    await open(`/compare?side=${large}~history&side=${one}`);
    expect(page.url()).toBe(`${view.url}/compare/${large}~history/${one}`);
    await open(`/runs/${large}/episodes/outcome=solved?utm_source=mail`);
    expect(await page.textContent("h1")).toBe("Episodes");
  });

  test("from the runs to an episode's step and back, each with an address", async () => {
    await open("/");
    await page.click(`a.name:text("${large}")`);
    expect(await page.textContent("h1")).toBe(large);
    await page.click('.rates-table th :text("history_and_reasoning")');
    await page.waitForURL(`**/runs/${large}/episodes/variant=history_and_reasoning`);
    await page.selectOption("select[name=outcome]", "solved");
    await page.click("form.filter button");
    const address = `${view.url}/runs/${large}/episodes/variant=history_and_reasoning/outcome=solved`;
    await page.waitForURL(address);
    const found = await page.textContent("[role=status]");
    const rows = await lab.episodes({ run: large });
    const fits = rows.filter(
      ({ variant, success }) => variant === "history_and_reasoning" && success === true,
    );
    expect(found).toContain(`${fits.length} episodes`);
    await page.click("table.list tbody a");
    await page.waitForURL("**/episodes/*");
    await page.keyboard.press("ArrowRight");
    await page.keyboard.press("ArrowRight");
    expect(new URL(page.url()).hash).toBe("#2");
    await page.reload();
    expect(await page.textContent("#position")).toMatch(/^step 2 of/);
    expect(await page.innerHTML(".picture")).toContain("<svg");
    // A note leads back to the step that it was written at.
    await page.fill("textarea[name=comment]", "here");
    await page.click("form[action*=annotations] button");
    await page.waitForSelector('.said:has-text("here")');
    expect(new URL(page.url()).hash).toBe("#2");
    await page.goBack();
    await page.goBack();
    expect(page.url()).toBe(address);
  });

  test("bars, points and cells of charts lead to their episodes", async () => {
    await open(`/runs/${large}`);
    const chart = page.locator('[data-part$="success_rate_by_task"]');
    await chart.scrollIntoViewIfNeeded();
    const bar = chart.locator('a[href*="variant=history/"] path').first();
    await bar.waitFor();
    // Where the interval, which leads there as well, does not lie over it.
    expect(await chart.locator('a[href*="variant=history/"] line').count()).toBeGreaterThan(0);
    await bar.click({ position: { x: 4, y: 9 } });
    await page.waitForURL(`**/runs/${large}/episodes/variant=history/task=**`);
    await page.goBack();
    const worst = page.locator('[data-part$="patterns"] tbody td a').first();
    await worst.scrollIntoViewIfNeeded();
    const share = await worst.getAttribute("title");
    await worst.click();
    await page.waitForURL("**/pattern=*");
    expect(await page.textContent("[role=status]")).toContain(
      `${/^\d+/.exec(share ?? "")?.[0]} episode`,
    );
  });

  test("a comparison pairs worlds, and plays them side by side", async () => {
    await open(`/runs/${large}`);
    await page.check('input[value$="~baseline"]');
    await page.check('input[value$="~history"]');
    await page.click('button:text("Compare")');
    await page.waitForURL(`**/compare/${large}~baseline/${large}~history`);
    await page.waitForSelector("text=World by world");
    expect(await page.textContent("table.matrix tbody td.right")).toContain(String(5 * SEEDS));
    await page.click('a:text("side by side")');
    await page.waitForURL("**/episodes/*/*");
    expect(await page.locator("section.episode").count()).toBe(2);
  });

  test("what a model, an error and a note say is text", async () => {
    const [episode = ""] = await episodesOf(evil);
    for (const path of [
      "/",
      `/runs/${evil}`,
      `/runs/${evil}/episodes`,
      `/episodes/${episode}`,
      `/compare/${evil}/${one}`,
    ]) {
      await open(path);
      while ((await page.locator(".wait").count()) > 0) await page.mouse.wheel(0, 500);
      expect(await page.locator("img[src=x]").count()).toBe(0);
      for (const width of [1280, 400]) {
        await page.setViewportSize({ width, height: 720 });
        const used = await page.evaluate("document.documentElement.scrollWidth");
        expect([path, used]).toEqual([path, width]);
      }
    }
  });

  test("charts have a form for a phone, and the page's colors in the dark", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await page.setViewportSize({ width: 400, height: 800 });
    await open(`/runs/${large}`);
    const chart = page.locator('[data-part$="success_rate_by_task"] svg.chart');
    const widthOf = async () => Number((await chart.getAttribute("viewBox"))?.split(" ")[2]);
    await page.locator('[data-part$="success_rate_by_task"]').scrollIntoViewIfNeeded();
    await chart.waitFor();
    expect(await widthOf()).toBeLessThanOrEqual(360);
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(400);
    const [ground, fill] = await page.evaluate<string[]>(
      "[document.documentElement, document.querySelector('svg.chart rect')].map((of) => getComputedStyle(of)).map(({ backgroundColor, fill }, i) => [backgroundColor, fill][i])",
    );
    expect(fill).toBe(ground);
    await page.setViewportSize({ width: 1300, height: 800 });
    await page.locator('svg.chart[viewBox^="0 0 8"]').first().waitFor();
  });

  // PICTURES=1 npx jest lib/lab/src/view takes them anew. Fonts differ between machines: compared is how light each spot is.
  test.each(["light", "dark"] as const)(
    "the README's %s picture shows a run's page as it is",
    async (colorScheme) => {
      const file = join(project, "img", `view-${colorScheme}.png`);
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width: 1000, height: 860 });
      await open(`/runs/${large}`);
      await page.waitForSelector('[data-part$="patterns"] table');
      await page.locator('[data-part$="patterns"] .wait').waitFor({ state: "detached" });
      const taken = await page.screenshot();
      if (process.env.PICTURES) writeFileSync(file, taken);
      await page.goto("about:blank");
      const pictures = [taken, readFileSync(file)].map((png) => png.toString("base64"));
      const apart = await page.evaluate(`(async () => {
      const [a, b] = await Promise.all(${JSON.stringify(pictures)}.map(async (base64) => {
        const image = new Image();
        image.src = "data:image/png;base64," + base64;
        await image.decode();
        const canvas = new OffscreenCanvas(25, 20);
        const context = canvas.getContext("2d");
        context.imageSmoothingQuality = "high";
        context.drawImage(image, 0, 0, 25, 20);
        return [image.width, image.height, ...context.getImageData(0, 0, 25, 20).data];
      }));
      return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
    })()`);
      expect(apart).toBeLessThan(6);
      expect(readFileSync(file).length).toBeLessThan(200_000);
    },
  );

  test("a run of one episode, and a run under way that moves", async () => {
    await open(`/runs/${one}`);
    expect(await page.textContent("h1")).toBe("One world");
    expect(await page.textContent(".about-run")).toBe("To see it work");
    expect(await page.textContent(".rates-table")).toContain("100.0 % [2.5, 100.0]");
    const reached = once(gate, "reached");
    const run = lab.evaluate({
      ...{ variants: ["gated"], tasks: ["BabyAI-GoToObj-v0"], episodes: 1 },
    });
    await reached;
    await open("/");
    await page.click(".card:has(.badge.running) a.name");
    await page.waitForSelector("h1 + .part .badge.running");
    expect(await page.textContent("p.facts")).toMatch(/0 of 1 episode/);
    gate.emit("open");
    await run;
    await page.waitForSelector("h1 + .part .badge.finished");
    expect(await page.textContent("p.facts")).toMatch(/1 of 1 episode/);
  });

  test("a link of another site opens the page, and a frame does not", async () => {
    const { port } = elsewhere.address() as AddressInfo;
    await page.goto(`http://elsewhere.test:${port}/`);
    const [opened] = await Promise.all([page.waitForEvent("popup"), page.click("#link")]);
    await opened.waitForSelector("h1");
    expect(await opened.textContent("h1")).toBe("Runs");
    expect(await opened.evaluate("window.opener")).toBeNull();
    await opened.close();
    const [chosen] = await Promise.all([page.waitForEvent("popup"), page.click("#choice")]);
    await chosen.waitForURL(`${view.url}/runs/${large}/episodes/outcome=failed`);
    expect(await chosen.evaluate("window.opener")).toBeNull();
    await chosen.close();
    const framed = await page.evaluate(
      `new Promise((done) => { const frame = document.createElement("iframe"); frame.src = ${JSON.stringify(view.url)}; frame.onload = () => done(frame.contentDocument); document.body.append(frame); })`,
    );
    expect(framed).toBeNull();
    problems.length = 0; // the frame that was refused
  });
});
