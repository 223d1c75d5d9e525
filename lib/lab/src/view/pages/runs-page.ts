import { variantColor } from "../../charts/drawing/color";
import { listAddress, runAddress } from "../data/address";
import type { RunOverview } from "../data/overview";
import {
  ago,
  badge,
  count,
  type Html,
  html,
  interval,
  lazyPart,
  named,
  notice,
  rateText,
} from "./page";

/** Runs on one page of the list. */
const PER_PAGE = 30;

/** Variants of a run that the list shows. */
const SHOWN = 6;

export function runsPage(page: number): Html {
  return html`<h1>Runs</h1>${lazyPart(`/parts/runs/${page}`, "Reading the store…")}`;
}

/** The list; a form, since runs that are ticked can be compared. */
export function runsPart(runs: readonly RunOverview[], page: number): Html {
  if (runs.length === 0)
    return html`${notice("No run yet.")}<p><code>npm start</code> plays one, and so does <code>lab.evaluate(…)</code> in a notebook. It shows here as it goes.</p>`;
  const shown = runs.slice((page - 1) * PER_PAGE, page * PER_PAGE);
  const pages = Math.ceil(runs.length / PER_PAGE);
  return html`<form action="/compare" class="runs">
<ul class="cards">${shown.map(runCard)}</ul>
<div class="bar"><button>Compare the ticked runs</button>${pager(page, pages)}</div>
</form>`;
}

function pager(page: number, pages: number): Html | "" {
  if (pages < 2) return "";
  const link = (to: number, text: string) =>
    to < 1 || to > pages ? "" : html`<a href="${to === 1 ? "/" : `/page/${to}`}">${text}</a>`;
  return html`<span class="pager">${link(page - 1, "‹ Newer")} Page ${page} of ${pages} ${link(page + 1, "Older ›")}</span>`;
}

function runCard(run: RunOverview): Html {
  const more = run.variants.length - SHOWN;
  return html`<li class="card">
<div class="card-head"><label class="tick"><input type="checkbox" name="side" value="${run.run}" aria-label="Compare ${run.run}"></label>
<a class="name" href="${runAddress(run.run)}">${titleOf(run)}</a>${run.name === null ? "" : html`<span class="id">${run.run}</span>`}${stateBadge(run)}
<span class="facts">${facts(run)}</span>${isLarge(run) ? "" : costPart(run)}<span class="age">${ago(run.latestMs)}</span></div>${run.note === null ? "" : html`<p class="about-run">${run.note}</p>`}
<ul class="rates">${run.variants
    .slice(0, SHOWN)
    .map(
      (variant) =>
        html`<li><a href="${listAddress({ run: run.run, variant: variant.variant })}">${named(variant.variant)}</a>${interval(
          variant.success,
          variantColor(variant.variant),
        )}<span class="number">${rateText({ ...variant.success, low: null, high: null })}</span></li>`,
    )}${more > 0 ? html`<li class="more"><a href="${runAddress(run.run)}">and ${more} more</a></li>` : ""}</ul>
</li>`;
}

/** What people call a run, or else its id. */
export function titleOf({ run, name }: Pick<RunOverview, "run" | "name">): string {
  return name ?? run;
}

/** A run of which what needs all of its rows is read on demand alone. */
export function isLarge({ finished }: RunOverview): boolean {
  return finished > 20_000;
}

export function costPart({ run }: RunOverview): Html {
  return html`<span class="cost" data-part="/parts/cost/${encodeURIComponent(run)}"></span>`;
}

export function stateBadge({ state, helper }: RunOverview): Html {
  const own = state === null ? badge("foreign", "no plan") : badge(state);
  return helper ? html`${own} ${badge("foreign", "helper")}` : own;
}

/** "120 of 300 episodes · 3 failed · 41 answers/s". */
export function facts({ planned, finished, failed, answersPerSecond }: RunOverview): string {
  return [
    `${planned === null ? "" : `${count(finished)} of `}${count(planned ?? finished)} ${(planned ?? finished) === 1 ? "episode" : "episodes"}`,
    ...(failed > 0 ? [`${count(failed)} failed`] : []),
    ...(answersPerSecond === null
      ? []
      : [`${answersPerSecond.toFixed(answersPerSecond < 10 ? 1 : 0)} answers/s`]),
  ].join(" · ");
}
