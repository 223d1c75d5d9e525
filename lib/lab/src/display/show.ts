import type { DataFrame } from "../analysis/tables/danfojs";
import { chartToSvg, rasterize } from "../charts/drawing/render";
import type { ChartSpec } from "../charts/drawing/style";
import { showSvg } from "./display";
import { showTable } from "./table";

/** Shows a chart below the running cell, as SVG with a PNG for readers that draw none. */
export async function showChart(spec: ChartSpec): Promise<void> {
  const svg = await chartToSvg(spec);
  showSvg(svg, await rasterize(svg));
}

/** Shows a DataFrame as a table below the running cell. */
export function showFrame({ columns, values }: DataFrame): void {
  showTable(values.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}
