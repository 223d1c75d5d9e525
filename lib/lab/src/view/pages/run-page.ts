import { compareText } from "../../analysis/order";
import { variantColor } from "../../charts/drawing/color";
import { shortTask } from "../../charts/labels";
import type { PatternRow } from "../../replay/what-went-wrong";
import { episodeAddress, listAddress, runAddress, sideText } from "../data/address";
import type { RunOverview } from "../data/overview";
import type { Found } from "../data/patterns";
import {
  ago,
  chartPart,
  count,
  type Html,
  html,
  interval,
  lazyPart,
  named,
  notice,
  rateText,
} from "./page";
import { costPart, facts, isLarge, stateBadge, titleOf } from "./runs-page";

/** The charts of a run's page, by their names in `allCharts`. */
export const RUN_CHARTS = [
  "success_by_step",
  "success_rate_by_task",
  "success_rate_differences",
  "episode_length",
  "episode_return",
  "success_and_tokens",
  "success_and_cost",
  "input_tokens",
  "generated_tokens",
  "steps_above_expert",
] as const;

export function runPage(run: RunOverview): Html {
  const part = (what: string) => `/parts${runAddress(run.run)}/${what}`;
  return html`<h1>${titleOf(run)}</h1>${run.name === null ? "" : html`<p class="id">${run.run}</p>`}${run.note === null ? "" : html`<p class="about-run">${run.note}</p>`}
<div class="part" data-part="${part("summary")}" data-filled="${run.state === "running" ? LIVE_SECONDS : ""}">${runSummary(run)}</div>
<section aria-labelledby="patterns"><h2 id="patterns">What goes wrong</h2>
${onDemand(run, "Play all episodes again", lazyPart(part("patterns"), "Playing the episodes again…"))}</section>
<section aria-labelledby="charts"><h2 id="charts">Charts</h2>
${onDemand(run, "Read all episodes", html`${RUN_CHARTS.map((name) => chartPart(part(`charts/${name}`)))}`)}</section>
${isLarge(run) ? html`<section><h2>Cost</h2>${onDemand(run, "Read all calls", costPart(run))}</section>` : ""}`;
}

/** What reads all of a large run takes seconds, in which other pages wait: it is fetched when it is opened. */
function onDemand(run: RunOverview, what: string, content: Html): Html {
  if (!isLarge(run)) return content;
  return html`<details><summary>${what}: ${count(run.finished)}, which takes a while</summary>${content}</details>`;
}

/** How often the page of a run under way looks again, in seconds. */
export const LIVE_SECONDS = 2;

/** What changes while a run goes on. */
export function runSummary(run: RunOverview): Html {
  const { planned, finished, failed } = run;
  return html`<p class="facts">${stateBadge(run)} ${facts(run)} · ${isLarge(run) ? "" : html`${costPart(run)} · `}${ago(run.latestMs)}</p>
${planned !== null && finished < planned ? progressLine(finished, failed, planned) : ""}
<nav class="chips" aria-label="Episodes">${[
    ["All episodes", {}],
    ["Solved", { outcome: "solved" }],
    ["Unsolved", { outcome: "unsolved" }],
    ["Failed", { outcome: "failed" }],
    ["Cut off or under way", { outcome: "cut off" }],
  ].map(
    ([text, filter]) =>
      html`<a class="chip" href="${listAddress({ run: run.run, ...(filter as object) })}">${text}</a>`,
  )}</nav>
<form action="/compare">
<div class="scroll"><table class="rates-table">
<caption>Success, tasks weighted equally, with 95 % intervals${planned !== null && finished < planned ? "; unfinished: the range that the rate of all can still come to" : ""}</caption>
<thead><tr><th></th><th scope="col">Variant</th><th scope="col" class="wide">0 – 100 %</th><th scope="col">Success</th><th scope="col" class="right">Episodes</th><th scope="col" class="right">Failed</th></tr></thead>
<tbody>${run.variants.map(
    (
      variant,
    ) => html`<tr><td><input type="checkbox" name="side" value="${sideText({ run: run.run, variant: variant.variant })}" aria-label="Compare ${variant.variant}"></td>
<th scope="row"><a href="${listAddress({ run: run.run, variant: variant.variant })}">${named(variant.variant)}</a></th>
<td class="wide">${interval(variant.success, variantColor(variant.variant))}</td>
<td class="number">${rateText(variant.success)}</td>
<td class="right">${variant.finished === variant.planned ? count(variant.finished) : `${count(variant.finished)} of ${count(variant.planned)}`}</td>
<td class="right">${variant.failed > 0 ? html`<a href="${listAddress({ run: run.run, variant: variant.variant, outcome: "failed" })}">${count(variant.failed)}</a>` : "0"}</td></tr>`,
  )}</tbody></table></div>
<p class="bar"><button>Compare the ticked variants</button></p></form>
${byTask(run)}`;
}

function progressLine(finished: number, failed: number, planned: number): Html {
  const share = (n: number) => `${((100 * n) / Math.max(1, planned)).toFixed(2)}%`;
  return html`<svg class="progress" role="img" aria-label="${finished} of ${planned} episodes ended, ${failed} failed"><rect class="done" width="${share(finished)}" height="100%"/><rect class="failed" x="${share(finished)}" width="${share(failed)}" height="100%"/></svg>`;
}

/** Variants by tasks; each cell leads to its episodes. */
function byTask(run: RunOverview): Html | "" {
  const tasks = [...new Set(run.variants.flatMap(({ tasks }) => [...tasks.keys()]))].sort(
    compareText,
  );
  if (tasks.length < 2) return "";
  return html`<details open><summary>By task</summary><div class="scroll"><table class="matrix">
<thead><tr><th scope="col">Variant</th>${tasks.map((task) => html`<th scope="col">${shortTask(task)}</th>`)}</tr></thead>
<tbody>${run.variants.map(
    ({ variant, tasks: own }) =>
      html`<tr><th scope="row">${named(variant)}</th>${tasks.map((task) => {
        const rate = own.get(task);
        if (rate === undefined || rate.planned === 0) return html`<td>–</td>`;
        const text = rateText({ ...rate.success, low: null, high: null });
        return html`<td><a href="${listAddress({ run: run.run, variant, task })}" title="${rateText(rate.success)}, n = ${rate.finished}">${text}</a></td>`;
      })}</tr>`,
  )}</tbody></table></div></details>`;
}

/** Patterns by variant; each count leads to its episodes. */
export function patternsPart(run: string, { rows, done, total, mismatches }: Found): Html {
  const state =
    done < total
      ? html`<p class="wait">${count(done)} of ${count(total)} episodes played again so far.</p>`
      : "";
  const shown = [
    ...new Set(rows.filter(({ episodes }) => episodes > 0).map(({ pattern }) => pattern)),
  ];
  if (shown.length === 0)
    return html`${state}${done === total ? notice(total === 0 ? "No episode to look at." : "Nothing of what is looked for: no loop, no wall walked into, no invalid answer.") : ""}`;
  const variants = [...new Set(rows.map(({ variant }) => variant))];
  const cell = (variant: string, pattern: PatternRow["pattern"]) => {
    const row = rows.find((each) => each.variant === variant && each.pattern === pattern);
    if (row === undefined || row.episodes === 0) return html`<td class="right none">0</td>`;
    const share = row.episodes / Math.max(1, row.of);
    return html`<td class="right heat-${Math.min(5, Math.ceil(5 * share))}"><a href="${listAddress({ run, variant, pattern })}" title="${row.episodes} of ${row.of} episodes, ${row.unsolved} of them unsolved; ${row.times} times">${(100 * share).toFixed(0)} %</a></td>`;
  };
  return html`${state}<div class="scroll"><table class="matrix">
<caption>Share of the episodes in which it happened at least once</caption>
<thead><tr><th scope="col">Pattern</th>${variants.map((variant) => html`<th scope="col">${named(variant)}</th>`)}<th scope="col">Worst example</th></tr></thead>
<tbody>${shown.map((pattern) => {
    const worst = rows
      .filter((row) => row.pattern === pattern && row.example !== null)
      .sort((a, b) => b.unsolved - a.unsolved || b.times - a.times)[0];
    return html`<tr><th scope="row">${pattern}</th>${variants.map((variant) => cell(variant, pattern))}<td>${worst?.example ? html`<a href="${episodeAddress(worst.example)}#${worst.example_step ?? 0}"><span class="variant">${worst.variant}</span>, step ${worst.example_step}</a>` : ""}</td></tr>`;
  })}</tbody></table></div>
${mismatches.length > 0 ? html`<p class="notice">${mismatches.length} episodes do not replay to their stored outcome, such as <a href="${episodeAddress(mismatches[0]!)}">${mismatches[0]}</a>; they are not counted.</p>` : ""}`;
}
