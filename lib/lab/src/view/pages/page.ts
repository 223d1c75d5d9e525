import { html, raw } from "hono/html";
import type { HtmlEscapedString } from "hono/utils/html";
import type { Bounded } from "../../analysis/bounds";
import { variantColor } from "../../charts/drawing/color";
import { episodeAddress } from "../data/address";

export { html, raw };

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** What the pages of one server share. */
export interface Frame {
  /** Which gateway and store this is. */
  about(): string;
}

interface Page {
  title: string;
  /** Where this page stands: the pages above it, by name and address. */
  path?: readonly (readonly [name: string, address: string])[];
  body: Html;
}

/** A whole page. */
export function pageHtml({ about }: Frame, { title, path = [], body }: Page): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · BabyAI</title>
<link rel="icon" href="/icon.svg">
<link rel="stylesheet" href="/page.css">
<script src="/page.js" defer></script>
</head>
<body>
${topBar(path)}
<main id="main">${body}</main>
<footer>${about()}</footer>
</body>
</html>`;
}

/** The bar above every page. */
export function topBar(path: NonNullable<Page["path"]>): Html {
  return html`<a class="skip" href="#main">To the content</a>
<nav class="top" aria-label="Where you are"><a class="home" href="/">Runs</a>${path.map(
    ([name, address]) => html`<span aria-hidden="true">›</span><a href="${address}">${name}</a>`,
  )}</nav>`;
}

/**
 * A part that the page fetches by itself, so that the page is there before it.
 *
 * @param narrow its address where the window is narrow. Default: the same
 */
export function lazyPart(address: string, waiting: string, narrow?: string): Html {
  const other = narrow === undefined ? "" : html` data-narrow="${narrow}"`;
  return html`<div class="part" data-part="${address}"${other} aria-live="off"><p class="wait">${waiting}</p><noscript><a href="${address}">Show</a></noscript></div>`;
}

/** A chart, which has another form where the window is narrow. */
export function chartPart(address: string): Html {
  return lazyPart(address, "Drawing…", `${address}/narrow`);
}

/** A variant's name behind its color. */
export function named(variant: string): Html {
  return html`<svg class="dot" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="5" fill="${variantColor(variant)}"/></svg><span class="variant">${variant}</span>`;
}

/** A success rate on a line from 0 to 100 %: the interval, and on it the rate, or, pale, its range. */
export function interval({ mean, least, most, low, high }: Bounded, color: string): Html {
  const x = (share: number) => `${(100 * share).toFixed(2)}%`;
  const bar = (from: number | null, to: number | null, height: number, opacity: number) =>
    from === null || to === null
      ? ""
      : html`<rect x="${x(from)}" width="${x(Math.max(0.004, to - from))}" y="${10 - height / 2}" height="${height}" rx="1.5" fill="${color}" opacity="${opacity}"/>`;
  return html`<svg class="interval" role="img" aria-label="${rateText({ mean, least, most, low, high })}"><line class="track" x1="0" x2="100%" y1="10" y2="10"/>${[
    25, 50, 75,
  ].map(
    (tick) => html`<line class="tick" x1="${tick}%" x2="${tick}%" y1="6" y2="14"/>`,
  )}${bar(low, high, 6, 0.35)}${mean === null ? bar(least, most, 12, 0.5) : html`<circle cx="${x(mean)}" cy="10" r="5.5" fill="${color}"/>`}</svg>`;
}

/** "62.0 % [51.7, 71.5]", and of an unfinished run "8.0–86.0 % [5.1, 92.1]". */
export function rateText({ mean, least, most, low, high }: Omit<Bounded, "n">): string {
  if (least === null || most === null) return "–";
  const percent = (share: number) => (100 * share).toFixed(1);
  const value = mean === null ? `${percent(least)}–${percent(most)}` : percent(mean);
  return `${value} %${low === null || high === null ? "" : ` [${percent(low)}, ${percent(high)}]`}`;
}

export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** "5 min ago". */
export function ago(ms: number | null, now = Date.now()): string {
  if (ms === null) return "–";
  const seconds = Math.max(0, Math.round((now - ms) / 1000));
  if (seconds < 90) return `${seconds} s ago`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 36 * 3600) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} days ago`;
}

/** Why there is nothing to see. */
export function notice(text: string): Html {
  return html`<p class="notice">${text}</p>`;
}

/** Leads to the player, where there is an inference to play. */
export function playerLink(
  { episode_id, inferences }: { episode_id: string | null; inferences: number },
  content: Html,
): Html {
  if (episode_id === null || inferences === 0) return content;
  return html`<a href="${episodeAddress(episode_id)}">${content}</a>`;
}

export function badge(kind: string, text: string = kind): Html {
  return html`<span class="badge ${kind.replace(/\W/g, "-")}">${text}</span>`;
}
