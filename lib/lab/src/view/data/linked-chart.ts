import { chartToSvg, type Look } from "../../charts/drawing/render";
import { type ChartSpec, changed } from "../../charts/drawing/style";

type Row = Readonly<Record<string, unknown>>;

interface Layer {
  data?: unknown;
  mark?: { type?: string };
  encoding?: object;
}

/** Marks that lead to episodes: bars and points, and the names beside them. */
const LINKED = new Set(["bar", "rect", "point", "area", "line", "rule", "text"]);

/**
 * A chart as SVG in which the marks of a row lead to its episodes.
 *
 * @param address of the episodes of a row of the chart's data, or undefined where it has none
 */
export async function linkedChart(
  spec: ChartSpec,
  address: (row: Row) => string | undefined,
  look?: Look,
): Promise<string> {
  return inPage(
    await chartToSvg(
      changed(spec, (own) => withLinks(own, address)),
      look,
    ),
  );
}

function withLinks(spec: ChartSpec, address: (row: Row) => string | undefined): ChartSpec {
  const { data, layer } = spec as unknown as { data?: { values?: Row[] }; layer?: Layer[] };
  if (data?.values === undefined || layer === undefined) return spec;
  const values = data.values.map((row) => ({ ...row, href: address(row) ?? null }));
  const layers = layer.map((each) =>
    each.data === undefined && LINKED.has(each.mark?.type ?? "")
      ? { ...each, encoding: { ...each.encoding, href: { field: "href", type: "nominal" } } }
      : each,
  );
  return { ...spec, data: { ...data, values }, layer: layers };
}

/** For a page whose policy takes no styles in attributes: without them, and with links that have names. */
function inPage(svg: string): string {
  return svg
    .replace(/ style="[^"]*"/g, "")
    .replace(/<svg /, '<svg class="chart" ')
    .replace(/<a [^>]*?xlink:href="([^"]*)"[^>]*>/g, (_, href: string) => {
      return `<a href="${href}" aria-label="Episodes: ${nameOf(href)}">`;
    });
}

/** "random, goto" of an address. */
function nameOf(href: string): string {
  return [...href.matchAll(/(?:variant|task)=([^/"&]*)/g)]
    .map(([, value = ""]) => decodeURIComponent(value))
    .join(", ")
    .replace(/[<>&"]/g, "");
}
