/**
 * How long the pages of `npm run view` take to their first sight in Chromium: runs of 1, 300 and 100,000 episodes in one store.
 * `npm run bench -- view [folder]`.
 *
 * The store is made in the folder (some minutes, 2 GB) and used again where it is there; without a folder, in a temporary one.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { launchChromium } from "../lib/gateway/src/testing/chromium";
import { type Lab, openLab } from "../lib/lab/src/lab";
import { copyRun, fillStore, insertPlan } from "./fill-store";

const FIRST_SIGHT_MS = 1000;
/** The longest that a page is waited for. */
const LIMIT_MS = 30_000;
const TIMES = 5;
/** Longer than the server keeps what it has read of an unfinished run, or of the list. */
const APART_MS = 1500;

const root = join(__dirname, "..");

export async function run([given]: string[]): Promise<void> {
  const folder = given === undefined ? mkdtempSync(join(tmpdir(), "bench-view-")) : resolve(given);
  try {
    await measure(join(folder, "store"));
  } finally {
    if (given === undefined) rmSync(folder, { recursive: true, force: true });
  }
}

async function measure(dataDir: string): Promise<void> {
  const isThere = existsSync(dataDir);
  const open = () => openLab({ gateway: "embedded", dataDir, project: root });
  let lab = await open();
  if (!isThere) {
    await fill(lab);
    await lab.close();
    lab = await open(); // as who comes later finds it
  }
  const view = await lab.view({ port: 0 });
  const browser = await launchChromium();
  try {
    for (const [path, selector] of await pages(lab)) {
      const times: number[] = [];
      const cpu = process.cpuUsage();
      for (let i = 0; i < TIMES; i++) {
        const page = await browser.newPage();
        await page.addInitScript(`(${noteSight})(${JSON.stringify(selector)})`);
        await page.goto(`${view.url}${path}`, { waitUntil: "commit" });
        times.push(await seenAfter(page, selector));
        await page.close();
        await new Promise((next) => setTimeout(next, APART_MS));
      }
      const { user, system } = process.cpuUsage(cpu);
      print(path, times, (user + system) / 1000 / TIMES);
    }
  } finally {
    await browser.close();
    await lab.close();
  }
}

/** @throws Error nothing that the selector finds is painted within the limit */
async function seenAfter(page: Page, selector: string): Promise<number> {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; ) {
    const seen = await page.evaluate<number | undefined>("window.seenAfterMs");
    if (seen !== undefined) return seen;
    await new Promise((next) => setTimeout(next, 50)); // the page itself notes the time
  }
  throw new Error(`${page.url()} does not show ${selector} within ${LIMIT_MS / 1000} s.`);
}

/**
 * Notes in the page when it has painted what the selector finds, in milliseconds since the browser set out for it. subtle: Playwright
 * itself looks at times that lie up to half a second apart.
 */
const noteSight = `(selector) => {
  const look = () => {
    if (document.querySelector(selector) === null) return;
    observer.disconnect();
    requestAnimationFrame(() => setTimeout(() => (window.seenAfterMs = performance.now())));
  };
  const observer = new MutationObserver(look);
  observer.observe(document, { childList: true, subtree: true });
}`;

/** Three runs: what a store of 100,301 episodes holds of them is what it holds of most: copies, with seeds and ids of their own. */
async function fill(lab: Lab): Promise<void> {
  const started = performance.now();
  await lab.evaluate({
    ...{ name: "one", variants: ["rule_based_history"], tasks: ["BabyAI-GoToObj-v0"], episodes: 1 },
  });
  const small = { hours: -1, only: "toUInt64(tags['seed']) < 15" };
  const [large = ""] = await fillStore(lab.clickhouse, { runs: 1, seeds: 250, times: 20 });
  await copyRun(lab.clickhouse, large, "bench-300", small);
  await insertPlan(lab.clickhouse, large, 5000);
  await insertPlan(lab.clickhouse, "bench-300", 15);
  console.log(`filled in ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}

/** Addresses, and what stands there once the page can be read. */
async function pages(lab: Lab): Promise<[path: string, selector: string][]> {
  const { runs } = await lab.sql<{
    runs: string[];
  }>`SELECT groupUniqArray(tags['run']) AS runs FROM BooleanMetricFeedback`.then(([row]) => row!);
  return [
    ["/", ".card .interval"],
    ...runs.sort().flatMap((name): [string, string][] => [
      [`/runs/${name}`, ".rates-table tbody tr"],
      [`/runs/${name}/episodes`, "table.list tbody tr"],
      [
        `/runs/${name}/episodes/outcome=unsolved/sort=length/descending=true`,
        "main .list, main .notice",
      ],
    ]),
  ];
}

function print(path: string, [first = 0, ...others]: readonly number[], cpu: number): void {
  const ms = (value: number) => value.toFixed(0).padStart(5);
  const worst = Math.max(first, ...others);
  console.log(
    `${path.padEnd(80)} first ${ms(first)} ms, then ${ms(Math.min(...others))} to ${ms(Math.max(...others))} ms, processor time of server and test ${ms(cpu)} ms${worst <= FIRST_SIGHT_MS ? "" : "  MISSED"}`,
  );
}
