import { shortTask } from "../../charts/labels";
import {
  type ListedEpisode,
  outcomes,
  type Sort,
  sorts,
} from "../../queries/overview/list-episodes";
import { patterns } from "../../replay/patterns";
import { type ListView, listAddress, runAddress } from "../data/address";
import type { RunOverview } from "../data/overview";
import { type ListedPage, PER_PAGE } from "../data/view-data";
import { badge, count, type Html, html, named, notice, playerLink } from "./page";

export function episodesPage(run: RunOverview, view: ListView, listed: ListedPage): Html {
  const { episodes, total, pending } = listed;
  const page = view.page ?? 1;
  const first = (page - 1) * PER_PAGE;
  const range =
    total > PER_PAGE ? `${count(first + 1)}–${count(Math.min(total, first + PER_PAGE))} of ` : "";
  return html`<h1>Episodes</h1>
${filterForm(run, view)}
<p class="facts" role="status">${range}${count(total)} ${total === 1 ? "episode" : "episodes"}${pending ? html` so far; ${count(pending.done)} of ${count(pending.total)} were played again. <a href="${listAddress(view)}">Look again</a>` : ""}</p>
${episodes.length === 0 ? notice("No episode fits. Choose less above.") : table(view, episodes)}
${pager(view, page, Math.ceil(total / PER_PAGE))}`;
}

/** A form without scripts: the server answers with the address of what was chosen. */
function filterForm(run: RunOverview, view: ListView): Html {
  const tasks = [...new Set(run.variants.flatMap(({ tasks }) => [...tasks.keys()]))];
  const select = (
    name: keyof ListView,
    label: string,
    values: readonly (readonly [string, string])[],
    any: string,
  ) =>
    html`<label>${label}<select name="${name}">${any === "" ? "" : html`<option value="">${any}</option>`}${values.map(
      ([value, text]) =>
        html`<option value="${value}"${view[name] === value ? html` selected` : ""}>${text}</option>`,
    )}</select></label>`;
  const same = (values: readonly string[]) => values.map((value) => [value, value] as const);
  return html`<form class="filter" action="${runAddress(run.run)}/episodes">
${select("variant", "Variant", same(run.variants.map(({ variant }) => variant)), "any")}
${select(
  "task",
  "Task",
  tasks.map((task) => [task, shortTask(task)]),
  "any",
)}
${select("outcome", "Outcome", same(outcomes), "any")}
${select("pattern", "Pattern", same(patterns), "any")}
<label>Seed<input name="seed" inputmode="numeric" pattern="[0-9]*" size="7" value="${view.seed ?? ""}"></label>
${select(
  "sort",
  "Sort by",
  sorts.map((sort) => [sort, SORT_NAMES[sort]]),
  "",
)}
<label class="tick"><input type="checkbox" name="descending" value="true"${view.descending ? html` checked` : ""}> Descending</label>
<button>Show</button><a class="reset" href="${listAddress({ run: run.run })}">All</a>
</form>`;
}

const SORT_NAMES: Record<Sort, string> = {
  ...{ task: "task", seed: "seed", variant: "variant", return: "return" },
  ...{ length: "length", invalid: "invalid answers" },
};

function table(view: ListView, episodes: readonly ListedEpisode[]): Html {
  const head = (sort: Sort, text: string, right = false) => {
    const isSorted = (view.sort ?? "task") === sort;
    const descending = isSorted ? !view.descending : sort === "length" || sort === "invalid";
    const order = isSorted ? (view.descending ? "descending" : "ascending") : "none";
    return html`<th scope="col" aria-sort="${order}"${right ? html` class="right"` : ""}><a href="${listAddress({ ...view, sort, descending, page: 1 })}">${text}${isSorted ? (view.descending ? " ↓" : " ↑") : ""}</a></th>`;
  };
  return html`<div class="scroll"><table class="list">
<thead><tr><th scope="col">Outcome</th>${head("variant", "Variant")}${head("task", "Task")}${head("seed", "Seed", true)}${head("length", "Steps", true)}${head("return", "Return", true)}${head("invalid", "Invalid", true)}<th scope="col" class="right">Tokens</th><th scope="col">Notes</th></tr></thead>
<tbody>${episodes.map(
    (row) => html`<tr><td>${badge(outcomeOf(row))}</td>
<th scope="row">${playerLink(row, named(row.variant))}</th><td title="${row.task}">${shortTask(row.task)}</td><td class="right">${row.seed}</td>
<td class="right">${row.episode_length ?? row.inferences}</td><td class="right">${row.episode_return === null ? "–" : row.episode_return.toFixed(3)}</td><td class="right">${row.invalid_actions ?? "–"}</td><td class="right">${tokens(row)}</td>
<td class="notes">${row.rating === null ? "" : html`<span title="Rated ${row.rating} of 5">${"★".repeat(Math.round(row.rating))}</span> `}${row.comment ?? ""}${row.error === null ? "" : html`<span class="error">${row.error}</span>`}</td></tr>`,
  )}</tbody></table></div>`;
}

export function outcomeOf({ success, error }: Pick<ListedEpisode, "success" | "error">): string {
  if (success !== null) return success ? "solved" : "unsolved";
  return error === null ? "cut off" : "failed";
}

function tokens({ input_tokens, output_tokens }: ListedEpisode): string {
  return input_tokens === null || output_tokens === null
    ? "–"
    : count(input_tokens + output_tokens);
}

function pager(view: ListView, page: number, pages: number): Html | "" {
  if (pages < 2) return "";
  const link = (to: number, text: string) =>
    to < 1 || to > pages || to === page
      ? ""
      : html`<a href="${listAddress({ ...view, page: to })}">${text}</a>`;
  return html`<nav class="pager" aria-label="Pages">${link(1, "« First")} ${link(page - 1, "‹ Back")} <span>Page ${count(page)} of ${count(pages)}</span> ${link(page + 1, "Next ›")} ${link(pages, "Last »")}</nav>`;
}
