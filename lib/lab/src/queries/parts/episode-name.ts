// What names an episode within its run, as a text: `["variant","task",seed`. It stands in the tag that `doneTag` makes.

/** Columns `run` and `name` of a row with such a tag. */
export const namedBy = (tag: string) => `
    position(${tag}, ' ') AS space,
    substring(${tag}, 1, space - 1) AS run,
    substring(${tag}, space + 6, length(${tag}) - space - 21) AS name`;

const quoted = (text: string) => `replaceAll(toJSONString(toString(${text})), '\\\\/', '/')`;

/** The name of what has no such tag. */
export const nameOf = (variant: string, task: string, seed: string) =>
  `concat('[', ${quoted(variant)}, ',', ${quoted(task)}, ',', ${seed})`;

/** What all episodes of a variant and a task have in common: the name without its seed. */
export const KIND = "substring(name, 1, length(name) - position(reverse(name), ','))";

export const VARIANT_OF_KIND = "JSONExtractString(concat(kind, ']'), 1)";
export const TASK_OF_KIND = "JSONExtractString(concat(kind, ']'), 2)";
