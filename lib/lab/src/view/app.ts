import { randomBytes, timingSafeEqual } from "node:crypto";
import { join } from "node:path";
import { messageOf, printable, readTextFile } from "embedded-gateway";
import { type Context, Hono } from "hono";
import { AnalysisError } from "../analysis/statistics/errors";
import { didYouMean } from "../basics/did-you-mean";
import { AnnotationError } from "../queries/annotations";
import { EpisodeNotFoundError } from "../queries/steps";
import {
  chosenOf,
  compareAddress,
  LIST_PARTS,
  listAddress,
  readListAddress,
  readSide,
  runAddress,
} from "./data/address";
import { NotThereError, ViewData, type ViewSource } from "./data/view-data";
import { COMPARE_CHARTS, comparePage, compareTables } from "./pages/compare-page";
import { episodePage } from "./pages/episode-page";
import { episodesPage } from "./pages/episodes-page";
import { type Html, html, notice, pageHtml, raw } from "./pages/page";
import { LIVE_SECONDS, patternsPart, RUN_CHARTS, runPage, runSummary } from "./pages/run-page";
import { runsPage, runsPart, titleOf } from "./pages/runs-page";

/** All that a page may load: files of this server, and pictures that stand in the page. */
const POLICY =
  "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** Most episodes side by side. */
const SIDE_BY_SIDE = 4;

/** The longest body of a note. */
const NOTE_BYTES = 64 * 1024;

// subtle: compiled to lib/lab/dist/view, this reads the pages' own parts where they are kept: lib/lab/src/view.
const file = (name: string) => readTextFile(join(__dirname, "..", "..", "src", "view", name));

/** The pages that show a store. They only read, but for notes on episodes, which need the token that is in the page. */
export function viewApp(source: ViewSource): Hono {
  const data = new ViewData(source);
  data.runs().catch(() => {}); // by the time that a browser asks, the store has read its indices
  const token = randomBytes(24).toString("base64url");
  const app = new Hono();

  const headers = (c: Context, policy = POLICY) => {
    c.header("content-security-policy", policy);
    c.header("x-content-type-options", "nosniff");
    c.header("referrer-policy", "same-origin");
    c.header("cross-origin-opener-policy", "same-origin");
    c.header("cache-control", "no-store");
  };
  const send = async (c: Context, content: Html, status: 200 | 400 | 403 | 404 | 500 = 200) => {
    headers(c);
    return c.html(printable(String(await content)), status);
  };
  type Path = readonly (readonly [string, string])[];
  const page = (c: Context, title: string, path: Path, body: Html) =>
    send(c, pageHtml(source, { title, path, body }));
  const problem = (c: Context, status: 400 | 403 | 404 | 500, text: string) => {
    const isPart = c.req.path.startsWith("/parts/");
    const body = html`<h1>${status === 404 ? "Not there" : "That did not work"}</h1>${notice(text)}`;
    return send(
      c,
      isPart ? notice(text) : pageHtml(source, { title: String(status), body }),
      status,
    );
  };
  app.onError((error, c) => {
    if (error instanceof NotThereError || error instanceof EpisodeNotFoundError)
      return problem(c, 404, error.message);
    if (
      error instanceof AnnotationError ||
      error instanceof AnalysisError ||
      error instanceof URIError
    )
      return problem(c, 400, error.message);
    return problem(c, 500, messageOf(error));
  });
  app.notFound((c) => problem(c, 404, "There is no such page."));

  for (const [name, type] of FILES)
    app.get(`/${name}`, (c) => {
      headers(c);
      return c.body(file(name), 200, { "content-type": type });
    });

  app.get("/", (c) => page(c, "Runs", [], runsPage(1)));
  app.get("/page/:page", (c) => page(c, "Runs", [], runsPage(numberOf(c.req.param("page")))));
  app.get("/parts/runs/:page", async (c) => {
    const { runs, isOld } = await data.runs();
    const isLive = runs.some(({ state }) => state === "running");
    c.header("refresh-after", String(isOld ? 1 : isLive ? LIVE_SECONDS : 10));
    return send(c, runsPart(runs, numberOf(c.req.param("page"))));
  });
  app.get("/parts/cost/:run", async (c) => send(c, html`${await data.cost(c.req.param("run"))}`));

  app.get("/runs/:run", async (c) => {
    if (chosenOf(c.req.url).length > 0) return chosenList(c);
    const run = await data.run(c.req.param("run"));
    return page(c, titleOf(run), [[titleOf(run), runAddress(run.run)]], runPage(run));
  });
  app.get("/parts/runs/:run/summary", async (c) => {
    const run = await data.run(c.req.param("run"));
    if (run.state === "running") c.header("refresh-after", String(LIVE_SECONDS));
    return send(c, runSummary(run));
  });
  app.get("/parts/runs/:run/patterns", async (c) => {
    const run = c.req.param("run");
    const found = await data.patterns(run);
    if (found.done < found.total) c.header("refresh-after", "1");
    return send(c, patternsPart(run, found));
  });
  for (const form of ["", "/narrow"] as const)
    app.get(`/parts/runs/:run/charts/:name${form}`, async (c) => {
      const { run = "", name = "" } = c.req.param() as Record<string, string>;
      return send(c, chartPart(await data.chart([{ run }], name, RUN_CHARTS, form !== "")));
    });

  app.get("/runs/:run/episodes", (c) => chosenList(c));
  /** What a form chooses, or who types an address, gets an address of its own. */
  const chosenList = (c: Context) => {
    const given = chosenOf(c.req.url).filter(([, value]) => value !== "");
    if (given.length === 0) return list(c, []);
    const run = partsOf(c)[1] ?? "";
    const parts = given.map(([name, value]) => `${name}=${value}`);
    const view = readListAddress(run, parts);
    if (view !== undefined) return c.redirect(listAddress(view), 303);
    const odd = parts.findIndex((part) => readListAddress(run, [part]) === undefined);
    const meant = didYouMean(given[odd]?.[0] ?? "", LIST_PARTS);
    const text = `There is no choice of episodes ${JSON.stringify(parts[odd])}.${meant}`;
    return problem(c, 400, `${text} Chosen is by ${LIST_PARTS.join(", ")}.`);
  };
  app.get("/runs/:run/episodes/*", (c) => list(c, partsOf(c).slice(3)));
  const list = async (c: Context, parts: readonly string[]) => {
    const view = readListAddress(partsOf(c)[1] ?? "", parts);
    if (view === undefined) return problem(c, 404, "There is no such list of episodes.");
    const [run, listed] = await Promise.all([data.run(view.run), data.list(view)]);
    const path = [
      [titleOf(run), runAddress(run.run)],
      ["Episodes", listAddress({ run: run.run })],
    ] as const;
    return page(c, `Episodes of ${titleOf(run)}`, path, episodesPage(run, view, listed));
  };

  app.get("/compare", (c) => {
    const given = chosenOf(c.req.url);
    const [other] = given.find(([name]) => name !== "side") ?? [];
    if (other !== undefined)
      return problem(
        c,
        400,
        `A comparison takes no parameter ${JSON.stringify(other)}. Its address names its sides: /compare/<run>/<run>~<variant>.`,
      );
    const sides = [...new Set(given.map(([, side]) => side))].filter((side) => side !== "");
    if (sides.length === 0) return compare(c, []);
    return c.redirect(compareAddress(sides.map(readSide)), 303);
  });
  app.get("/compare/*", (c) => compare(c, partsOf(c).slice(1)));
  const compare = async (c: Context, texts: readonly string[]) => {
    const sides = texts.map(readSide);
    const { runs } = await data.runs();
    for (const { run } of sides) if (!runs.some((each) => each.run === run)) await data.run(run);
    const path = sides.length === 0 ? [] : ([["Compare", compareAddress(sides)]] as const);
    return page(c, "Compare", path, comparePage(sides, runs));
  };
  app.get("/parts/compare/*", async (c) => {
    const parts = partsOf(c).slice(2);
    if (parts.at(-1) === "tables") {
      const { rows, compared } = await data.compared(parts.slice(0, -1).map(readSide));
      return send(c, compareTables(rows, compared));
    }
    const isNarrow = parts.at(-1) === "narrow";
    if (isNarrow) parts.pop();
    const sides = parts.slice(0, -2).map(readSide);
    const chart = await data.chart(sides, parts.at(-1) ?? "", COMPARE_CHARTS, isNarrow);
    return send(c, chartPart(chart));
  });

  app.get("/episodes/*", async (c) => {
    const ids = partsOf(c).slice(1);
    if (ids.length === 0 || ids.length > SIDE_BY_SIDE)
      return problem(c, 404, `The player shows one to ${SIDE_BY_SIDE} episodes.`);
    const shown = await Promise.all(ids.map((id) => data.episode(id)));
    // The player's own policy stands in the page.
    headers(c, "frame-ancestors 'none'");
    return c.html(printable(await episodePage(shown, token)));
  });
  app.post("/episodes/:id/annotations", async (c) => {
    if (Number(c.req.header("content-length") ?? Number.NaN) > NOTE_BYTES)
      return problem(c, 400, "The note is too long.");
    const form = await c.req.parseBody();
    const text = (name: string) => {
      const value = form[name];
      return typeof value === "string" ? value : "";
    };
    if (!isSame(text("token"), token))
      return problem(
        c,
        403,
        "The page was of another server, or of before its restart: reload it, and store the note again.",
      );
    const id = c.req.param("id");
    const rating = text("rating");
    const comment = text("comment");
    await source.annotate(id, {
      ...(rating === "" ? {} : { rating: Number(rating) }),
      ...(comment.trim() === "" ? {} : { comment: comment.replaceAll("\r\n", "\n") }),
    });
    const back = text("back");
    return c.redirect(
      /^\/episodes\/[\w/-]+$/.test(back) ? back : `/episodes/${encodeURIComponent(id)}`,
      303,
    );
  });
  return app;
}

const FILES = [
  ["page.css", "text/css; charset=utf-8"],
  ["page.js", "text/javascript; charset=utf-8"],
  ["icon.svg", "image/svg+xml"],
] as const;

function chartPart(svg: string | null): Html {
  return svg === null ? html`` : html`<figure class="scroll">${raw(svg)}</figure>`;
}

/** The parts of the address, as they were before they were encoded. */
function partsOf(c: Context): string[] {
  const { pathname } = new URL(c.req.url);
  return pathname
    .split("/")
    .filter((text) => text !== "")
    .map(decodeURIComponent);
}

function numberOf(text: string): number {
  return /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 1;
}

function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
