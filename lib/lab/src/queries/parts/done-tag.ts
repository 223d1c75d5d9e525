// The tag `done` of an episode's `success`: `run slot ["variant","task",seed,"id"]`, of the id its end. FeedbackTag is ordered by
// it, so that what a shard has done is read in one piece, and nothing else is. What stands between slot and id names the episode.

/** Hexadecimal digits of a slot. */
const SLOT = 4;

/** Digits of an episode's id that tell its tries apart. */
const ID = 12;

/** Behind the run: the slot, between two spaces. */
const BEFORE_NAME = SLOT + 2;

/** Behind the name: `,"id"]`. */
const BEHIND_NAME = ID + 4;

interface TaggedEpisode {
  variant: string;
  task: string;
  seed: number;
}

export function doneTag(
  run: string,
  slot: number,
  { variant, task, seed }: TaggedEpisode,
  episodeId: string,
): string {
  return `${run} ${hex(slot)} ${JSON.stringify([variant, task, seed, episodeId.slice(-ID)])}`;
}

const hex = (slot: number) => slot.toString(16).padStart(SLOT, "0");

/** The episode that has such a tag. */
export function taggedEpisode(tag: string): TaggedEpisode {
  const name = tag.slice(tag.indexOf(" ") + BEFORE_NAME);
  const [variant, task, seed] = JSON.parse(name) as [string, string, number];
  return { variant, task, seed };
}

/** The tags of a run's slots, as they are ordered: from the first one on, to before the last one. */
export function tagsBetween(run: string, [from, to]: readonly [number, number]) {
  const end = hex(to).length > SLOT ? "g" : hex(to);
  return { from: `${run} ${hex(from)}`, to: `${run} ${end}` };
}

const space = (tag: string) => `position(${tag}, ' ')`;

/** In SQL, as all below. */
export const slotIn = (tag: string) =>
  `reinterpretAsUInt16(reverse(unhex(substring(${tag}, ${space(tag)} + 1, ${SLOT}))))`;

/** As a text: `["variant","task",seed`. */
export const nameIn = (tag: string) =>
  `substring(${tag}, ${space(tag)} + ${BEFORE_NAME}, length(${tag}) - ${space(tag)} - ${BEFORE_NAME + BEHIND_NAME - 1})`;

/** Columns `run` and `name` of a row with such a tag. */
export const namedBy = (tag: string) => `
    substring(${tag}, 1, ${space(tag)} - 1) AS run,
    ${nameIn(tag)} AS name`;

/** The tag of another episode in the same slot. */
export const retagged = (tag: string, to: Record<"run" | "name" | "episodeId", string>) =>
  `concat(${to.run}, substring(${tag}, ${space(tag)}, ${BEFORE_NAME}), ${to.name}, ',"', substring(toString(${to.episodeId}), -${ID}), '"]')`;

const quoted = (text: string) => `replaceAll(toJSONString(toString(${text})), '\\\\/', '/')`;

/** The name of what has no such tag. */
export const nameOf = (variant: string, task: string, seed: string) =>
  `concat('[', ${quoted(variant)}, ',', ${quoted(task)}, ',', ${seed})`;

/** What all episodes of a variant and a task have in common: the name without its seed. */
export const kindOf = (name: string) =>
  `substring(${name}, 1, length(${name}) - position(reverse(${name}), ','))`;

export const VARIANT_OF_KIND = "JSONExtractString(concat(kind, ']'), 1)";
export const TASK_OF_KIND = "JSONExtractString(concat(kind, ']'), 2)";
