import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describeInChromium, launchChromium } from "embedded-gateway/testing/chromium";
import type { Browser, Page } from "playwright-core";
import { escapeHtml } from "../display/display";
import type { StepRow } from "../queries/steps";
import { filmStrip } from "./film-strip";
import { NoReplayError, playerHtml } from "./player";
import { type Replay, replayEpisode, replayStored } from "./replay";

const task = "BabyAI-MixedTrainLocal-v0/goto";
const hostile = `</script><script>document.title = "owned"</script><img src=x onerror="document.title='owned'">`;

/** A stored episode of which the model wrote `thinking`. */
function replay(variant: string, steps: number, thinking: string | null = null): Replay {
  const seed = 200;
  const played = Array.from({ length: steps }, (_, i) => (i % 2 ? "turn left" : "turn right"));
  const { frames, mission } = replayEpisode(task, seed, played as ("turn left" | "turn right")[]);
  return replayStored({
    episode_id: "019abc00-0000-7000-8000-000000000000",
    run: "test",
    variant,
    task,
    seed,
    model: "m",
    provider: "p",
    form: null,
    success: null,
    error: null,
    steps: frames.slice(0, -1).map(
      ({ step, action, observation }): StepRow => ({
        step,
        model: "m",
        provider: "p",
        inference_id: `019abc00-0000-7000-8000-00000000000${step}`,
        mission,
        observation,
        system_prompt: "You act.",
        picture: null,
        user_prompt: `Current observation:\n${observation}`,
        answer: JSON.stringify({ thinking, action }),
        action,
        thinking,
        invalid: null,
        input_tokens: 100 + step,
        output_tokens: 7,
        cached_input_tokens: 0,
        latency_ms: 12,
        cached: false,
      }),
    ),
  });
}

test("a page without a replay is refused", () => {
  expect(() => playerHtml([])).toThrow(NoReplayError);
  for (const start of [-1, 1.5, Number.NaN])
    expect(() => playerHtml([replay("a", 3, "")], start)).toThrow(NoReplayError);
});

test("what a model wrote stands nowhere in the page's markup", () => {
  expect(playerHtml([replay("a", 3, hostile)])).not.toContain("<img");
});

test("the film strip: first and last frame, and no text that needs a font", () => {
  const strip = filmStrip(replay("a", 30), { count: 4 });
  expect(strip.match(/<svg /g)).toHaveLength(1 + 4);
  expect(strip).not.toContain("<text");
  expect(filmStrip(replay("a", 1)).match(/<svg /g)).toHaveLength(1 + 2);
  const dark = filmStrip(replay("a", 1), { letters: true, theme: "dark" });
  expect(dark).not.toContain("#ffffff");
  // What the first frame has more with letters than without stands in the strip.
  const [frame] = replay("a", 1).frames;
  const own = frame!.lettered.split("\n").filter((line) => !frame!.svg.includes(line));
  expect(own.length).toBeGreaterThan(0);
  for (const line of own) expect(dark).toContain(line);
});

describeInChromium("in Chromium", () => {
  const folder = mkdtempSync(join(tmpdir(), "player-"));
  let browser: Browser;
  let page: Page;
  let requests: string[];
  let errors: string[];

  beforeAll(async () => {
    browser = await launchChromium();
  });
  afterAll(async () => {
    await browser.close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    requests = [];
    errors = [];
    page.on("request", (request) => requests.push(request.url()));
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
  });
  afterEach(async () => {
    expect(errors).toEqual([]);
    await page.close();
  });

  const open = async (html: string) => {
    const file = join(folder, "replay.html");
    writeFileSync(file, html);
    await page.goto(pathToFileURL(file).href);
  };
  const shown = (selector: string) => page.locator(selector).first().textContent();
  const position = () => page.locator("#position").textContent();

  /** The markup as the browser writes it: without the XML's shorthands. */
  const inBrowser = (svg: string) =>
    page.evaluate(`((holder) => {
      holder.innerHTML = ${JSON.stringify(svg)};
      return holder.innerHTML;
    })(document.createElement("div"))`);

  test("steps by keys and buttons, and shows each frame as it was", async () => {
    const given = replay("a", 6, "Turning.");
    await open(playerHtml([given]));
    for (const frame of given.frames.slice(0, -1)) {
      expect(await position()).toBe(`step ${frame.step} of 6`);
      expect(await shown(".action")).toBe(`${frame.step}: ${frame.action}`);
      expect(await shown(".observation pre")).toBe(frame.observation);
      expect(await shown(".thinking pre")).toBe("Turning.");
      expect(await shown(".cost")).toBe(`${100 + frame.step} tokens in, 7 out · 12 ms`);
      expect(await page.locator(".picture").innerHTML()).toBe(await inBrowser(frame.svg));
      await page.keyboard.press("ArrowRight");
    }
    expect(await shown(".action")).toBe("End after 6 steps: cut off");
    await page.keyboard.press("l");
    const end = await inBrowser(given.frames.at(-1)!.lettered);
    expect(await page.locator(".picture").innerHTML()).toBe(end);
    await page.click("text=Letters");
    expect(await page.locator(".picture").innerHTML()).not.toBe(end);
    // Against the browser's theme, and with letters from the beginning.
    await open(playerHtml([given], 6, { letters: true, theme: "dark" }));
    expect(await page.locator(".picture").innerHTML()).toBe(end);
    const ground = "getComputedStyle(document.documentElement).backgroundColor";
    expect(await page.evaluate(ground)).toBe("rgb(17, 20, 24)");
    await page.emulateMedia({ colorScheme: "dark" });
    await open(playerHtml([given], 6, { theme: "light" }));
    expect(await page.evaluate(ground)).toBe("rgb(255, 255, 255)");
    expect(await page.locator(".thinking").isVisible()).toBe(false);
    await page.keyboard.press("ArrowRight");
    expect(await position()).toBe("step 6 of 6");
    await page.keyboard.press("ArrowLeft");
    expect(await position()).toBe("step 5 of 6");
    await page.keyboard.press("Home");
    expect(await position()).toBe("step 0 of 6");
    await page.keyboard.press("End");
    expect(await position()).toBe("step 6 of 6");
    await page.click("#back");
    await page.click("#back");
    await page.click("#next");
    expect(await position()).toBe("step 5 of 6");
    await page.click("#first");
    expect(await position()).toBe("step 0 of 6");
    await page.locator("#slider").fill("3");
    expect(await position()).toBe("step 3 of 6");
    await page.click("summary");
    expect(await shown(".user pre")).toContain(given.frames[3]!.observation);
    expect(new Set(requests).size).toBe(1); // the file itself
  });

  test("is dark where the system or the notebook around it is", async () => {
    const ground = (frame: { evaluate(script: string): Promise<unknown> }) =>
      frame.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    const html = playerHtml([replay("a", 2)]);
    await open(html);
    expect(await ground(page)).toBe("rgb(255, 255, 255)");
    await page.emulateMedia({ colorScheme: "dark" });
    expect(await ground(page)).toBe("rgb(17, 20, 24)");
    await page.emulateMedia({ colorScheme: null });
    await page.goto("about:blank");
    await page.setContent(
      `<html style="color-scheme:dark"><iframe sandbox="allow-scripts" srcdoc="${escapeHtml(html)}"></iframe></html>`,
    );
    await page.frameLocator("iframe").locator("#position").waitFor();
    expect(await ground(page.frames()[1]!)).toBe("rgb(17, 20, 24)");
  });

  test("plays to the end, pauses, and starts anew", async () => {
    await page.clock.install();
    await open(playerHtml([replay("a", 5)], 2));
    expect(await position()).toBe("step 2 of 5");
    for (let i = 0; i < 3; i++) await page.keyboard.press("+");
    expect(await page.locator("#speed").inputValue()).toBe("8");
    await page.clock.pauseAt(Date.now() + 3_600_000);
    await page.keyboard.press(" ");
    expect(await shown("#play")).toContain("Pause");
    await page.clock.runFor(63); // 16 steps a second
    expect(await position()).toBe("step 3 of 5");
    await page.clock.runFor(1000);
    expect(await position()).toBe("step 5 of 5");
    expect(await shown("#play")).toContain("Play");
    for (let i = 0; i < 3; i++) await page.keyboard.press("-");
    await page.click("#play");
    expect(await position()).toBe("step 0 of 5");
    await page.clock.runFor(1000); // 2 steps a second
    expect(await position()).toBe("step 2 of 5");
    await page.click("#play");
    await page.clock.runFor(1000);
    expect(await position()).toBe("step 2 of 5");
  });

  test("two episodes side by side; the shorter one waits at its end; a mismatch is shown", async () => {
    const other = replay("b", 2);
    other.frames[1]!.stored!.observation = "a dragon";
    other.mismatches.push("Observations differ at 1 steps, first at 1.");
    await open(playerHtml([replay("a", 4), other]));
    await page.keyboard.press("ArrowRight");
    expect(await page.locator(".episode").nth(1).locator("div.mismatch").textContent()).toContain(
      "a dragon",
    );
    expect(await page.locator("p.mismatch").allTextContents()).toEqual([
      "Mismatch: Observations differ at 1 steps, first at 1.",
    ]);
    await page.keyboard.press("End");
    expect(await page.locator(".action").allTextContents()).toEqual([
      "End after 4 steps: cut off",
      "End after 2 steps: cut off",
    ]);
    const [left, right] = await Promise.all(
      [0, 1].map((i) => page.locator(".picture").nth(i).boundingBox()),
    );
    expect(left!.y).toBeCloseTo(right!.y, 0);
    expect(right!.x).toBeGreaterThan(left!.x + left!.width);
  });

  test("what a vision model was shown is a picture beside its observation, and none at the end", async () => {
    const { episode, frames } = replay("a", 2);
    const picture = "observability/files/0.png";
    const steps = frames.flatMap(({ stored }) => (stored ? [{ ...stored, picture }] : []));
    await open(playerHtml([replayStored({ ...episode, episode_id: "e", form: null, steps })]));
    const picturesWidth = () =>
      page.evaluate(
        "document.querySelector('.seen').decode().then(() => document.querySelector('.seen').naturalWidth)",
      );
    expect(await picturesWidth()).toBe(112);
    const first = await page.locator(".seen").getAttribute("src");
    await page.keyboard.press("ArrowRight");
    expect(await picturesWidth()).toBe(112);
    expect(await page.locator(".seen").getAttribute("src")).not.toBe(first);
    await page.keyboard.press("End");
    expect(await page.locator(".seen").isVisible()).toBe(false);
    expect(await shown(".heading .mismatch")).toContain(
      "The model was sent other pictures at 2 steps",
    );
  });

  test("what a model wrote stays text, also inside a notebook's frame", async () => {
    await page.setContent(
      `<iframe sandbox="allow-scripts" width="900" height="600" srcdoc="${escapeHtml(playerHtml([replay("a", 3, hostile)]))}"></iframe>`,
    );
    const frame = page.frameLocator("iframe");
    expect(await frame.locator(".thinking pre").textContent()).toBe(hostile);
    expect(await frame.locator("img").count()).toBe(0);
    await frame.locator("#next").click();
    expect(await frame.locator("#position").textContent()).toBe("step 1 of 3");
    const titles = await Promise.all(page.frames().map((each) => each.title()));
    expect(titles).not.toContain("owned");
  });
});
