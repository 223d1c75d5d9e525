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

test("the variants of the config are told apart: all with a JSON prompt together, and each model's BALROG-like ones", () => {
  const variants = [...readVariants(configFiles(root)).keys()];
  const models = new Map<string, string[]>();
  for (const variant of variants) {
    const [, model = ""] = /^(.*)balrog_like_/.exec(variant) ?? [];
    const key = variant.includes("balrog_like_") ? `${model}balrog` : "";
    models.set(key, [...(models.get(key) ?? []), variant]);
  }
  expect(models.size).toBeGreaterThan(2);
  for (const together of models.values()) {
    expect(together.length).toBeGreaterThan(4);
    expect([together, nearest(together) > 60]).toEqual([together, true]);
  }
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
  const prompts = ["baseline", "compact", "history", "reasoning", "history_and_reasoning"];
  for (let i = 0; i < 200; i++) {
    expect(nearest(prompts.map((prompt) => `model-${i}_${prompt}`))).toBeGreaterThan(60);
  }
  for (const name of ["", "toString", "__proto__", "日本", "a".repeat(500)]) {
    expect(variantColor(name)).toMatch(/^#[0-9a-f]{6}$/);
  }
});
