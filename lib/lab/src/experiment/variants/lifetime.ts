import { plural } from "embedded-gateway";
import type { Price, Prices } from "./prices";

/** How many days ahead a model's shutdown is announced. */
const NOTICE_DAYS = 90;

const DAY_MS = 86_400_000;

/** Whether a model was shut down before `now`: it lives through its `shutdown_date`, by UTC. */
export function hasEnded(price: Price | undefined, now: Date): boolean {
  return price?.shutdown_date !== undefined && daysLeft(price.shutdown_date, now) < 0;
}

/** A sentence on a model's end, from 90 days before it; null while that is far off, or not known. */
export function shutdownNotice(model: string, prices: Prices, now: Date): string | null {
  const { shutdown_date: date, successor } = prices[model] ?? {};
  if (date === undefined || daysLeft(date, now) > NOTICE_DAYS) return null;
  const left = daysLeft(date, now);
  const when = left < 0 ? "was shut down on" : `shuts down in ${plural(left, "day")}, on`;
  return `${model} ${when} ${date}${successor === undefined ? "." : `; its successor is ${successor}.`}`;
}

/** Days from today to a date such as 2027-01-14; negative after it. */
function daysLeft(date: string, now: Date): number {
  return Date.parse(date) / DAY_MS - Math.floor(now.getTime() / DAY_MS);
}
