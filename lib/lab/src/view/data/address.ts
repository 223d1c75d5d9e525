import {
  type EpisodeList,
  type Outcome,
  outcomes,
  type Sort,
  sorts,
} from "../../queries/overview/list-episodes";
import { type Pattern, patterns } from "../../replay/patterns";

// Every view has an address of its own, without parameters: those of forms, and typed ones, lead there.

/** What a list of a run's episodes shows. */
export interface ListView
  extends Pick<EpisodeList, "run" | "variant" | "task" | "seed" | "outcome"> {
  pattern?: Pattern;
  /** Default: "task". */
  sort?: Sort;
  descending?: boolean;
  /** From 1. Default: 1. */
  page?: number;
}

/** A run, or one variant of it, as a comparison's side. */
export interface Side {
  run: string;
  /** Default: all of the run's. */
  variant?: string;
}

const part = encodeURIComponent;

export const runAddress = (run: string) => `/runs/${part(run)}`;

export const episodeAddress = (...episodes: string[]) =>
  `/episodes/${episodes.map(part).join("/")}`;

/** "/runs/r/episodes/variant=random/outcome=unsolved". */
export function listAddress({ run, ...view }: ListView): string {
  const given = Object.entries(view).filter(
    ([name, value]) => value !== undefined && value !== "" && value !== DEFAULTS[name],
  );
  const parts = given.map(([name, value]) => `${name}=${part(String(value))}`);
  return [runAddress(run), "episodes", ...parts].join("/");
}

const DEFAULTS: Readonly<Record<string, unknown>> = { sort: "task", descending: false, page: 1 };

/** What the parts of a list's address say; undefined where one is not of a list. */
export function readListAddress(run: string, parts: readonly string[]): ListView | undefined {
  const view: Record<string, unknown> = { run };
  for (const text of parts) {
    const [, name = "", value = ""] = /^([a-z]+)=(.*)$/s.exec(text) ?? [];
    const read = isOfList(name) ? READERS[name]?.(value) : undefined;
    if (read === undefined) return undefined;
    view[name] = read;
  }
  return view as unknown as ListView;
}

const oneOf =
  <T extends string>(values: readonly T[]) =>
  (text: string): T | undefined =>
    values.find((value) => value === text);

const wholeNumber = (text: string) => (/^\d{1,15}$/.test(text) ? Number(text) : undefined);

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  variant: (text) => text || undefined,
  task: (text) => text || undefined,
  seed: wholeNumber,
  outcome: oneOf<Outcome>(outcomes),
  pattern: oneOf<Pattern>(patterns),
  sort: oneOf<Sort>(sorts),
  descending: (text) => text === "true" || undefined,
  page: (text) => wholeNumber(text) || undefined,
};

const isOfList = (name: string) => Object.hasOwn(READERS, name);
/** The names that a part of a list's address may have. */
export const LIST_PARTS: readonly string[] = Object.keys(READERS);

/** Parameters that programs of mail and chat append to a link, to know who follows it. */
const APPENDED =
  /^(utm_\w+|\w*clk?id|gbraid|wbraid|igshid|mc_[ce]id|li_fat_id|mkt_tok|_hs\w+|_g[al]|_openstat)$/;

/** The parameters of an address, in order, but for those that nobody chose. */
export function chosenOf(url: string): [name: string, value: string][] {
  return [...new URL(url).searchParams].filter(([name]) => !APPENDED.test(name));
}

/** "/compare/r1/r2~random": a side without a variant is all of its run. */
export function compareAddress(sides: readonly Side[]): string {
  return ["/compare", ...sides.map((side) => part(sideText(side)))].join("/");
}

export function sideText({ run, variant }: Side): string {
  return variant === undefined ? run : `${run}~${variant}`;
}

export function readSide(text: string): Side {
  const at = text.indexOf("~");
  return at < 0 ? { run: text } : { run: text.slice(0, at), variant: text.slice(at + 1) };
}
