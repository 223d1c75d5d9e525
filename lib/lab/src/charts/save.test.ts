import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { inflateSync } from "node:zlib";
import { invalidAnswerRate } from "../../examples/invalid-answers";
import { parseResults } from "../analysis/results";
import { OutputError } from "../basics/output";
import { chartToSvg, type Look } from "./drawing/render";
import { allCharts } from "./registry";
import { saveChart, saveCharts } from "./save";

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

test("a path that takes no chart, and a look that there is not, are refused by name; nothing is left", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chart-"));
  try {
    const spec = allCharts(rows).success_rate!;
    const refused = (path: string, look?: object) =>
      saveChart(spec, path, look as Look).catch(({ name, message }) => `${name}: ${message}`);
    for (const name of ["a.jpg", "a", ".svg", ""])
      expect(await refused(join(folder, name))).toMatch(/^OutputError: .*ends in one of .svg/);
    expect(await refused(undefined as unknown as string)).toMatch(/^OutputError: .* undefined/);
    mkdirSync(join(folder, "b.svg"));
    expect(await refused(join(folder, "b.svg"))).toContain("b.svg is a folder: name a file.");
    expect(await refused("/proc/none/c.svg")).toMatch(/^OutputError: .*cannot be written/);
    const as = (look: object) => refused(join(folder, "new", "d.svg"), look);
    expect(await as({ theme: "auto" })).toMatch(/^AnalysisError: theme is "auto"/);
    expect(await as({ width: 10 })).toMatch(/^AnalysisError: width is 10/);
    expect(await as({ widht: 400 })).toContain('Did you mean "width"?');
    expect(readdirSync(folder)).toEqual(["b.svg"]);
    await expect(saveCharts(rows, join(folder, "b.svg", "x", "\0"))).rejects.toThrow(OutputError);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("one chart is saved as what its name ends in; a PDF has one page of the chart's size", async () => {
  const folder = mkdtempSync(join(tmpdir(), "chart-"));
  try {
    const spec = allCharts(rows).success_rate!;
    const path = (name: string) => join(folder, "new", name);
    for (const name of ["a.svg", "a.PNG", "a.pdf"]) await saveChart(spec, path(name));
    const svg = readFileSync(path("a.svg"), "utf8");
    expect(svg).toBe(await chartToSvg(spec));
    const [, width, height] = (/viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []).map(Number);
    expect(readFileSync(path("a.PNG")).readUInt32BE(16)).toBe(2 * (width ?? 0));
    const pdf = readFileSync(path("a.pdf"));
    expect(pdf.toString("latin1")).toContain(
      `/MediaBox [0 0 ${0.75 * (width ?? 0)} ${0.75 * (height ?? 0)}]`,
    );
    // Each object stands where the table says.
    const text = pdf.toString("latin1");
    const table = Number(/startxref\n(\d+)/.exec(text)?.[1]);
    expect(text.slice(table, table + 4)).toBe("xref");
    const starts = [...text.slice(table).matchAll(/^(\d{10}) 00000 n/gm)].map(([, at]) =>
      Number(at),
    );
    starts.forEach((start, i) => {
      expect(text.slice(start, start + 7)).toBe(`${i + 1} 0 obj`);
    });
    const [, length = "0"] = /\/Length (\d+) >>\nstream\n/.exec(text) ?? [];
    const begin = text.indexOf("stream\n") + 7;
    const content = inflateSync(pdf.subarray(begin, begin + Number(length))).toString();
    expect(content.match(/^q$/gm)?.length).toBe(content.match(/^Q$/gm)?.length);
    expect(content).not.toMatch(/NaN|undefined/);
    await expect(saveChart(spec, path("a.jpg"))).rejects.toThrow("ends in one of .svg, .png, .pdf");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
