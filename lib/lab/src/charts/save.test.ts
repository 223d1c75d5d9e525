import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { parseResults } from "../analysis/results";
import { mainCharts } from "./registry";
import { saveCharts } from "./save";

test("a chart of one's own is saved beside the five", async () => {
  const path = join(__dirname, "../../../../data/results/local.json");
  const { episodes: rows } = parseResults(readFileSync(path, "utf8"), path);
  const invalidActions = {
    $schema: "https://vega.github.io/schema/vega-lite/v5.json",
    description: "Invalid actions",
    data: { values: rows.map(({ variant, invalid_actions }) => ({ variant, invalid_actions })) },
    mark: "bar",
    encoding: {
      x: { field: "invalid_actions", aggregate: "sum" },
      y: { field: "variant" },
    },
  };
  const folder = mkdtempSync(join(tmpdir(), "charts-"));
  try {
    const paths = await saveCharts(rows, folder, { invalid_actions: invalidActions });
    const names = [...Object.keys(mainCharts(rows)), "invalid_actions"];
    expect(paths.map((file) => basename(file))).toEqual(
      names.flatMap((name) => [`${name}.svg`, `${name}.png`]),
    );
    const images = paths.map((file) => readFileSync(file));
    expect(images.at(-2)!.toString()).toMatch(/^<svg[\s\S]*<\/svg>\s*$/);
    expect(images.at(-1)!.subarray(1, 4).toString()).toBe("PNG");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
