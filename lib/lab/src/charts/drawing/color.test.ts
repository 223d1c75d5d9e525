import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseResults } from "../../analysis/results";
import { readVariants } from "../../experiment/variants/variants";
import { configFiles } from "../../project/config-files";
import { root } from "../../project/root";
import { variantColor } from "./color";

const rgb = (hex: string) =>
  [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)) as [number, number, number];

/** Perceived distance of two colors, some 0 to 765. Source: Riemersma (2008), "Colour metric" ("redmean"). */
function apart(a: string, b: string): number {
  const [r1, g1, b1] = rgb(a);
  const [r2, g2, b2] = rgb(b);
  const red = (r1 + r2) / 2;
  return Math.sqrt(
    (2 + red / 256) * (r1 - r2) ** 2 +
      4 * (g1 - g2) ** 2 +
      (2 + (255 - red) / 256) * (b1 - b2) ** 2,
  );
}

function nearest(variants: readonly string[]): number {
  const colors = variants.map(variantColor);
  return Math.min(
    ...colors.flatMap((color, i) => colors.slice(i + 1).map((other) => apart(color, other))),
  );
}

const local = ["random", "rule_based", "rule_based_history"];

test("the variants of the config are told apart: those of one kind of prompt, and all of one model", () => {
  const variants = [...readVariants(configFiles(root)).keys()];
  const isOther = (variant: string) => !/balrog_like|vision/.test(variant);
  expect(variants.filter(isOther).length).toBeGreaterThan(9);
  expect(nearest(variants.filter(isOther))).toBeGreaterThan(60);
  for (const model of ["", "gpt-6-luna_", "rule_based_"]) {
    const own = variants.filter((variant) => variant.startsWith(`${model}balrog_like_`));
    expect(own).toHaveLength(5);
    expect(nearest(own)).toBeGreaterThan(60);
  }
  const luna = variants.filter((variant) => variant.startsWith("gpt-6-luna_"));
  expect(luna.length).toBeGreaterThan(10);
  expect(nearest(luna)).toBeGreaterThan(40);
});

test("the variants of the committed results are, beside the local ones", () => {
  const folder = join(root, "data", "results");
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".json"))) {
    const { episodes } = parseResults(readFileSync(join(folder, file), "utf8"), file);
    const variants = new Set([...local, ...episodes.map(({ variant }) => variant)]);
    expect([file, nearest([...variants]) > 60]).toEqual([file, true]);
  }
});

test("the variants of one model are, whatever the model; names of objects' own fields are names", () => {
  const prompts = [
    ...["baseline", "compact", "history", "reasoning", "history_and_reasoning"],
    ...["in_context", "best_of_n", "mixture_of_n"],
  ];
  for (let i = 0; i < 200; i++) {
    expect(nearest(prompts.map((prompt) => `model-${i}_${prompt}`))).toBeGreaterThan(60);
  }
  for (const name of ["", "toString", "__proto__", "日本", "a".repeat(500)]) {
    expect(variantColor(name)).toMatch(/^#[0-9a-f]{6}$/);
  }
});
