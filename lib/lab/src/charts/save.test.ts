import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { invalidAnswerRate } from "../../examples/invalid-answers";
import { parseResults } from "../analysis/results";
import { allCharts } from "./registry";
import { saveCharts } from "./save";

const path = join(__dirname, "../../../../data/results/local.json");
const { episodes: rows } = parseResults(readFileSync(path, "utf8"), path);

test("the example counts invalid answers among those of finished episodes", () => {
  const [row] = rows as [(typeof rows)[number]];
  const played = { ...row, success: false, episode_length: 40, invalid_actions: 10 };
  const cutOff = { ...played, success: null, episode_length: null };
  expect(invalidAnswerRate([played, cutOff]).data).toMatchObject({
    values: [{ variant: row.variant, percent: 25, answers: 40 }],
  });
});

test("every chart is saved, and a chart of one's own beside them", async () => {
  const folder = mkdtempSync(join(tmpdir(), "charts-"));
  try {
    const own = { invalid_answers: invalidAnswerRate(rows) };
    const paths = await saveCharts(rows, folder, own);
    const names = [...Object.keys(allCharts(rows)), "invalid_answers"];
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
