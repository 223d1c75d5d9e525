import { compareVariants } from "../../analysis/compare";
import type { Quantity } from "../../analysis/outcome";
import { type Summary, summarize } from "../../analysis/summary";
import { groupBy } from "../../basics/group-by";
import { variantColor } from "../../charts/drawing/color";
import { group, shortTask } from "../../charts/labels";
import type { EpisodeRow } from "../../queries/episodes";
import {
  compareAddress,
  episodeAddress,
  listAddress,
  runAddress,
  type Side,
  sideText,
} from "../data/address";
import type { Compared } from "../data/compared";
import type { RunOverview } from "../data/overview";
import { outcomeOf } from "./episodes-page";
import {
  badge,
  chartPart,
  count,
  type Html,
  html,
  interval,
  lazyPart,
  named,
  notice,
  playerLink,
  rateText,
} from "./page";
import { titleOf } from "./runs-page";

/** The charts of a comparison, by their names in `allCharts`. */
export const COMPARE_CHARTS = [
  "success_rate_differences",
  "success_by_step",
  "success_rate_by_task",
  "episode_length_differences",
  "episode_return_differences",
  "success_and_tokens",
  "input_tokens_differences",
] as const;

export function comparePage(sides: readonly Side[], runs: readonly RunOverview[]): Html {
  const address = compareAddress(sides);
  const nameOf = (id: string) => {
    const run = runs.find((each) => each.run === id);
    const isShared = runs.filter(({ name }) => name === run?.name).length > 1;
    return run === undefined ? id : isShared ? labelOf(run) : titleOf(run);
  };
  const isEnough = sides.length > 1 || (sides[0] !== undefined && sides[0].variant === undefined);
  return html`<h1>Compare</h1>
<form action="/compare" class="sides"><ul>${sides.map(
    (
      side,
    ) => html`<li><input type="hidden" name="side" value="${sideText(side)}"><a href="${runAddress(side.run)}" title="${side.run}">${nameOf(side.run)}</a>${side.variant === undefined ? " – all variants" : html` ${named(side.variant)}`}
${sides.length > 1 ? html`<a class="remove" href="${compareAddress(sides.filter((other) => other !== side))}" aria-label="Leave ${sideText(side)} out">×</a>` : ""}</li>`,
  )}</ul>
<label>and <select name="side"><option value="">a run or a variant …</option>${runs
    .slice(0, 200)
    .map(
      (run) =>
        html`<optgroup label="${labelOf(run)}"><option value="${run.run}">${titleOf(run)}: all variants</option>${run.variants.map(
          ({ variant }) =>
            html`<option value="${sideText({ run: run.run, variant })}">${variant} of ${titleOf(run)}</option>`,
        )}</optgroup>`,
    )}</select></label> <button>Compare</button></form>
${isEnough ? lazyPart(`/parts${address}/tables`, "Reading the episodes…") : notice("Choose a second run or variant.")}
${isEnough ? html`<section aria-labelledby="charts"><h2 id="charts">Charts</h2>${COMPARE_CHARTS.map((name) => chartPart(`/parts${address}/charts/${name}`))}</section>` : ""}`;
}

const labelOf = (run: RunOverview) => (run.name === null ? run.run : `${run.name} (${run.run})`);

/** Worlds that the table lists. */
const WORLDS = 200;

export function compareTables(rows: readonly EpisodeRow[], compared: readonly Compared[]): Html {
  if (compared.length < 2)
    return notice(
      `There ${compared.length === 1 ? "is one variant" : "is no variant"} with episodes on these sides, and a comparison needs two.`,
    );
  const summaries = summarize(rows);
  return html`${summaryTable(summaries, compared)}${pairedTable(rows)}${worldTable(rows, compared)}`;
}

function summaryTable(summaries: readonly Summary[], compared: readonly Compared[]): Html {
  const sideOf = (name: string) => compared.find((each) => each.name === name)!;
  const mean = ({ mean, least, most }: Summary["episode_return"], digits: number) =>
    mean !== null
      ? group(mean, digits)
      : least === null
        ? "–"
        : most === null
          ? `at least ${group(least, digits)}`
          : `${group(least, digits)}–${group(most, digits)}`;
  return html`<div class="scroll"><table class="rates-table"><caption>Each by itself, tasks weighted equally, with 95 % intervals</caption>
<thead><tr><th scope="col">Variant</th><th scope="col" class="wide">0 – 100 %</th><th scope="col">Success</th><th scope="col" class="right">Return</th><th scope="col" class="right">Steps</th><th scope="col" class="right">Tokens in</th><th scope="col" class="right">out</th><th scope="col" class="right">Episodes</th></tr></thead>
<tbody>${summaries.map(
    (
      row,
    ) => html`<tr><th scope="row"><a href="${listAddress(sideOf(row.variant))}">${named(row.variant)}</a></th>
<td class="wide">${interval(row.success, variantColor(row.variant))}</td><td class="number">${rateText(row.success)}</td><td class="right">${mean(row.episode_return, 3)}</td><td class="right">${mean(row.episode_length, 1)}</td><td class="right">${mean(row.input_tokens, 0)}</td><td class="right">${mean(row.output_tokens, 0)}</td><td class="right">${count(row.success.n)}</td></tr>`,
  )}</tbody></table></div>`;
}

const QUANTITIES: readonly [Quantity, string, factor: number, digits: number, unit: string][] = [
  ["success", "Success", 100, 1, " points"],
  ["episode_return", "Return", 1, 3, ""],
  ["episode_length", "Steps", 1, 1, ""],
  ["input_tokens", "Tokens in", 1, 0, ""],
  ["output_tokens", "Tokens out", 1, 0, ""],
];

function pairedTable(rows: readonly EpisodeRow[]): Html {
  const compared = QUANTITIES.map(([quantity]) => compareVariants(rows, quantity));
  const [bySuccess = []] = compared;
  if (bySuccess.every(({ difference, unknown }) => difference.n + unknown === 0))
    return notice(
      "They share no world (task and seed), so no difference is paired, and none is given: unpaired ones would mix variants with worlds.",
    );
  return html`<div class="scroll"><table class="matrix"><caption>Paired differences on the worlds that both have: the intervals of a column hold together in 95 %, p after Bonferroni</caption>
<thead><tr><th scope="col">Difference</th><th scope="col" class="right">Pairs</th>${QUANTITIES.map(([, name]) => html`<th scope="col">${name}</th>`)}</tr></thead>
<tbody>${bySuccess.map(
    (
      { a, b, difference, unknown, unpaired },
      i,
    ) => html`<tr><th scope="row">${named(b)} <span class="minus">minus</span> ${named(a)}</th>
<td class="right">${count(difference.n + unknown)}${unpaired > 0 ? html` <span class="facts">(${count(unpaired)} unpaired)</span>` : ""}</td>${QUANTITIES.map(
      ([, , factor, digits, unit], q) => differenceCell(compared[q]![i]!, factor, digits, unit),
    )}</tr>`,
  )}</tbody></table></div>`;
}

function differenceCell(
  { difference, adjusted }: ReturnType<typeof compareVariants>[number],
  factor: number,
  digits: number,
  unit: string,
): Html {
  const { mean, least, most, low, high } = difference;
  const signed = (value: number) => {
    const text = group(value * factor, digits);
    return text.startsWith("−") || Number(text.replaceAll(",", "")) === 0 ? text : `+${text}`;
  };
  if (mean === null)
    return html`<td>${least === null ? (most === null ? "–" : `at most ${signed(most)}`) : most === null ? `at least ${signed(least)}` : `${signed(least)} to ${signed(most)}`}</td>`;
  const isSure = adjusted !== null && adjusted <= 0.05;
  const p = adjusted === null ? "" : adjusted < 0.001 ? "p < 0.001" : `p = ${adjusted.toFixed(3)}`;
  return html`<td class="${isSure ? "sure" : ""}">${signed(mean)}${unit}${low === null || high === null ? "" : html` <span class="facts">[${signed(low)}, ${signed(high)}]</span>`} <span class="facts">${p}</span></td>`;
}

/** Worlds that several have, those first on which outcomes differ; each leads to the episodes side by side. */
function worldTable(rows: readonly EpisodeRow[], compared: readonly Compared[]): Html {
  const worlds = [...groupBy(rows, ({ task, seed }) => `${task}\n${seed}`).values()]
    .filter((own) => own.length > 1)
    .map((own) => ({ own, kinds: new Set(own.map(outcomeOf)).size }));
  if (worlds.length === 0) return html``;
  const differing = worlds.filter(({ kinds }) => kinds > 1);
  const shown = [...differing, ...worlds.filter(({ kinds }) => kinds === 1)].slice(0, WORLDS);
  return html`<section aria-labelledby="worlds"><h2 id="worlds">World by world</h2>
<p class="facts">${count(worlds.length)} worlds are shared; on ${count(differing.length)} the outcomes differ${shown.length < worlds.length ? `. The first ${WORLDS} are listed` : ""}.</p>
<div class="scroll tall"><table class="list"><thead><tr><th scope="col">Task</th><th scope="col" class="right">Seed</th>${compared.map(({ name }) => html`<th scope="col">${named(name)}</th>`)}<th scope="col"></th></tr></thead>
<tbody>${shown.map(({ own }) => {
    const [{ task = "", seed = 0 } = {}] = own;
    const ids = own.flatMap(({ episode_id, inferences }) =>
      inferences > 0 ? (episode_id ?? []) : [],
    );
    return html`<tr><td title="${task}">${shortTask(task)}</td><td class="right">${seed}</td>${compared.map(
      ({ name }) => {
        const row = own.find(({ variant }) => variant === name);
        if (row === undefined) return html`<td>–</td>`;
        const steps =
          row.episode_length === null
            ? ""
            : html` <span class="facts">${row.episode_length}</span>`;
        return html`<td>${row.episode_id === null ? "not begun" : html`${playerLink(row, badge(outcomeOf(row)))}${steps}`}</td>`;
      },
    )}<td>${ids.length > 1 ? html`<a href="${episodeAddress(...ids.slice(0, 4))}">side by side</a>` : ""}</td></tr>`;
  })}</tbody></table></div></section>`;
}
