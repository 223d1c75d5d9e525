import { variantOrder } from "./order";
import { AnalysisError } from "./statistics/errors";

/**
 * Refuses rows in which a variant has episodes of several runs: they would be pooled unnoticed. Different variants may
 * come from different runs.
 *
 * @throws AnalysisError
 */
export function refuseMixedRuns(rows: readonly { run: string; variant: string }[]): void {
  const runs = new Map<string, Set<string>>();
  for (const { run, variant } of rows) {
    const own = runs.get(variant);
    if (own === undefined) runs.set(variant, new Set([run]));
    else own.add(run);
  }
  const mixed = variantOrder(rows).find((variant) => runs.get(variant)!.size > 1);
  if (mixed === undefined) return;
  throw new AnalysisError(
    `${mixed} has episodes of several runs (${[...runs.get(mixed)!].join(", ")}), which would be pooled. Give those of one ` +
      "run, or set them apart by name: rows.map((row) => ({ ...row, variant: row.variant + row.run }))",
  );
}
