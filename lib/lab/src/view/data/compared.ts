import { variantOrder } from "../../analysis/order";
import type { EpisodeRow } from "../../queries/episodes";
import { type Side, sideText } from "./address";

/** A variant of a run under the name that it has here: its own where one side alone has it, else with the run's name, or its id, or the id's end. */
export interface Compared {
  name: string;
  run: string;
  variant: string;
}

/**
 * Names the sides, so that no variant's rows of two runs are ever pooled.
 *
 * @param nameOf what people call a run
 */
export function comparedOf(
  sides: readonly Side[],
  rows: readonly EpisodeRow[],
  nameOf: (run: string) => string | null,
): Compared[] {
  const found = sides.flatMap(({ run, variant }) =>
    variantOrder(rows.filter((row) => row.run === run))
      .filter((name) => variant === undefined || name === variant)
      .map((name) => ({ run, variant: name })),
  );
  const distinct = [...new Map(found.map((each) => [sideText(each), each])).values()];
  const endOf = (run: string) => nameOf(run) ?? run.slice(run.lastIndexOf("-") + 1);
  const ends = new Map(sides.map(({ run }) => [run, endOf(run)]));
  const areDistinct = new Set(ends.values()).size === ends.size;
  return distinct.map((each) => {
    const isAlone = distinct.filter(({ variant }) => variant === each.variant).length === 1;
    return {
      ...each,
      name: isAlone
        ? each.variant
        : `${each.variant} · ${areDistinct ? ends.get(each.run) : each.run}`,
    };
  });
}

/** The rows of what is compared, each with its name here as its variant. */
export function renamed(rows: readonly EpisodeRow[], compared: readonly Compared[]): EpisodeRow[] {
  const names = new Map(compared.map((each) => [sideText(each), each.name]));
  return rows.flatMap((row) => {
    const variant = names.get(sideText(row));
    return variant === undefined ? [] : [{ ...row, variant }];
  });
}
