import type { DataFrame } from "../analysis/frame";
import { renderSvg } from "../charts/render";
import type { ChartSpec } from "../charts/style";
import { showSvg } from "./display";
import { showTable } from "./table";

/** Shows a chart as SVG below the running cell. */
export async function showChart(spec: ChartSpec): Promise<void> {
  showSvg(await renderSvg(spec));
}

/** Shows a DataFrame as a table below the running cell. */
export function showFrame({ columns, values }: DataFrame): void {
  showTable(values.map((row) => Object.fromEntries(columns.map((column, i) => [column, row[i]]))));
}
