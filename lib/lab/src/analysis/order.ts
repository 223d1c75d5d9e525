/** The variants of the rows: those of the project's config in its order of reading, then others by name. */
export function variantOrder(rows: readonly { variant: string }[]): string[] {
  const rank = (variant: string) => {
    const place = KNOWN_ORDER.indexOf(variant);
    return place < 0 ? KNOWN_ORDER.length : place;
  };
  return [...new Set(rows.map((row) => row.variant))].sort(
    (a, b) => rank(a) - rank(b) || compareText(a, b),
  );
}

/** The tasks of the rows by name. */
export function taskOrder(rows: readonly { task: string }[]): string[] {
  return [...new Set(rows.map((row) => row.task))].sort(compareText);
}

/** The rows of each task, tasks by name: what estimates weigh equally. */
export function byTask<Row extends { task: string }>(rows: readonly Row[]): Row[][] {
  const tasks = new Map<string, Row[]>(taskOrder(rows).map((task) => [task, []]));
  for (const row of rows) tasks.get(row.task)!.push(row);
  return [...tasks.values()];
}

/** Code unit order: unlike localeCompare, the same on every machine. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const KNOWN_ORDER = [
  "random",
  "baseline",
  "reasoning",
  "history",
  "history_and_reasoning",
  "rule_based",
  "rule_based_history",
];
