import { shortTask } from "../../charts/labels";
import { playerHtml } from "../../replay/player";
import { episodeAddress, listAddress, runAddress } from "../data/address";
import type { Shown } from "../data/view-data";
import { outcomeOf } from "./episodes-page";
import { badge, type Html, html, named, topBar } from "./page";

/** The player, with what leads on from its episodes above it and what people think of them below. */
export async function episodePage(shown: readonly Shown[], token: string): Promise<string> {
  const [first] = shown;
  const run = first?.replay.episode.run ?? "";
  const path = [
    [first?.runName ?? run, runAddress(run)],
    ["Episodes", listAddress({ run })],
  ] as const;
  const top = html`${topBar(path)}<div class="around">${shown.map((each) => aroundOf(each, shown))}</div>`;
  const bottom = html`<section class="notes" aria-labelledby="notes"><h2 id="notes">Notes</h2>${shown.map((each) => notesOf(each, token, shown))}</section>`;
  return playerHtml(
    shown.map(({ replay }) => replay),
    0,
    {},
    { top: String(await top), bottom: String(await bottom), stylesheet: "/page.css" },
  );
}

function aroundOf({ episode_id, replay, sameWorld }: Shown, shown: readonly Shown[]): Html {
  const { variant, task, seed, run } = replay.episode;
  const others = sameWorld.filter(
    (row) => !shown.some((each) => each.episode_id === row.episode_id),
  );
  return html`<p><a href="${listAddress({ run, variant })}">${named(variant)}</a> <span>on <a href="${listAddress({ run, task })}">${shortTask(task)}</a>, <a href="${listAddress({ run, seed })}">seed ${seed}</a></span>${
    shown.length > 1 ? html` · <a href="${episodeAddress(episode_id)}">alone</a>` : ""
  }${others.length > 0 && shown.length < 4 ? html` · beside ${others.map((row) => html`<a class="chip" href="${episodeAddress(...shown.map((each) => each.episode_id), row.episode_id)}">${named(row.variant)} ${badge(outcomeOf(row))}</a> `)}` : ""}</p>`;
}

function notesOf(
  { episode_id, replay, annotations }: Shown,
  token: string,
  shown: readonly Shown[],
): Html {
  const isOneOfSeveral = shown.length > 1;
  const here = episodeAddress(...shown.map((each) => each.episode_id));
  return html`<div class="note">${isOneOfSeveral ? html`<h3>${replay.episode.variant}</h3>` : ""}
${annotations.length === 0 ? html`<p class="facts">None yet.</p>` : html`<ul class="sayings">${annotations.map(({ at, comment, rating }) => html`<li class="said"><time>${at} UTC</time> ${rating === null ? comment : `${"★".repeat(Math.round(rating))} ${rating} of 5`}</li>`)}</ul>`}
<form method="post" action="${episodeAddress(episode_id)}/annotations"><input type="hidden" name="token" value="${token}"><input type="hidden" name="back" value="${here}">
<fieldset><legend>Rating</legend>${[1, 2, 3, 4, 5].map((rating) => html`<label><input type="radio" name="rating" value="${rating}">${rating}</label>`)}</fieldset>
<label class="comment">Comment<textarea name="comment" rows="2" maxlength="10000"></textarea></label><button>Store</button></form></div>`;
}
