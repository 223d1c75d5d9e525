/**
 * The names that a wanted one, which is not among them, may have been meant for: those that hold it, then those that the
 * fewest changed letters make of it. Capital letters count as small ones.
 *
 * @param most how many at most
 * @param share of the wanted name's letters that may differ, at most. Default 1.
 * @example
 * nearest("rule_bsed", ["random", "rule_based", "baseline"], 3, 1 / 3); // ["rule_based"]
 */
export function nearest(
  wanted: string,
  names: readonly string[],
  most: number,
  share = 1,
): string[] {
  const small = wanted.toLowerCase();
  if (small === "") return [];
  return names
    .map((name) => ({ name, rank: name.toLowerCase().includes(small) ? -1 : changes(small, name) }))
    .filter(({ rank }) => share >= 1 || rank <= Math.ceil(share * small.length))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ name }) => name);
}

/** Letters to insert, delete or replace (Levenshtein 1965). */
function changes(a: string, name: string): number {
  const b = name.toLowerCase();
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1];
    for (let j = 1; j < row.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (letter === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
