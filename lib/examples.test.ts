import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { transformSync } from "@swc/core";
import type { EpisodeRow, Lab, Run } from "babyai-lab";
import * as library from "babyai-lab";
import ts from "typescript";
import { examples } from "./examples";

// Each export that is more than a type has an example in its doc comment, which is run here word for word, with all
// exports in scope, and `lab`, `run` and `rows` besides. A comment behind an expression, `// true`, tells its value where it is
// a literal. lib/declarations.test.ts checks their types.

interface Example {
  name: string;
  code: string;
}

const LITERAL = /^(["'[{\d-]|true$|false$|null$|undefined$)/;

/** As a function's body: imports by require, and a check in place of each expression whose comment tells its value. */
function bodyOf(code: string): string {
  const file = ts.createSourceFile("example.ts", code, ts.ScriptTarget.ES2022, true);
  const edits: { start: number; end: number; text: string }[] = [];
  const visit = (node: ts.Node): void => {
    const [start, end] = [node.getStart(), node.end];
    if (ts.isImportDeclaration(node)) {
      const source = node.moduleSpecifier.getText();
      edits.push({
        start,
        end,
        text: `const ${node.importClause?.getText()} = require(${source});`,
      });
    } else if (ts.isExpressionStatement(node)) {
      const [comment] = ts.getTrailingCommentRanges(code, end) ?? [];
      const value = comment && code.slice(comment.pos + 2, comment.end).trim();
      if (!value || !LITERAL.test(value)) return;
      edits.push({ start, end, text: `expect(${node.expression.getText()}).toEqual(${value});` });
    } else ts.forEachChild(node, visit);
  };
  visit(file);
  return edits.reduceRight((text, e) => text.slice(0, e.start) + e.text + text.slice(e.end), code);
}

const documented = examples();
const values = Object.keys(library).map(
  (name): Example => ({ name, code: documented.get(name) ?? "" }),
);

let folder: string;
const cwd = process.cwd();
const environment = { ...process.env };
/** Threads run compiled files only, so this one comes from where `npm test` has put them. */
const { VectorEnv } = require(join(__dirname, "env", "dist", "index.js")) as typeof library;
const scope: { lab?: Lab; run?: Run; rows?: readonly EpisodeRow[] } = {};

/** @param result the variable whose value is returned */
async function runExample({ name, code }: Example, result = "undefined"): Promise<unknown> {
  const { code: compiled } = transformSync(
    `async function example() { ${bodyOf(code)}\nreturn ${result}; }`,
    { jsc: { target: "es2022", parser: { syntax: "typescript" } }, filename: `${name}.ts` },
  );
  const threads = name === "VectorEnv" ? { VectorEnv } : {};
  const given = { ...library, ...scope, ...threads, require, expect };
  const make = new Function(...Object.keys(given), `${compiled}\nreturn example;`);
  return make(...Object.values(given))();
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "examples-"));
  for (const part of ["config", "data/results", "data/student", "data/published.json"])
    cpSync(join(__dirname, "..", part), join(folder, part), { recursive: true });
  process.chdir(folder);
  jest.spyOn(console, "log").mockImplementation();
  for (const stream of [process.stdout, process.stderr])
    jest.spyOn(stream, "write").mockImplementation(() => true);
  scope.lab = (await runExample(
    { name: "openLab", code: documented.get("openLab") ?? "" },
    "lab",
  )) as Lab;
  scope.run = await scope.lab.evaluate({
    ...{ variants: ["random", "rule_based_history"], tasks: [library.tasks[0] ?? ""], episodes: 3 },
  });
  scope.rows = await scope.lab.episodes({ run: scope.run.id });
});
afterAll(async () => {
  await scope.lab?.close();
  jest.restoreAllMocks();
  process.chdir(cwd);
  rmSync(folder, { recursive: true });
});

test("each export that is more than a type has an example", () => {
  expect(values.filter(({ code }) => code === "").map(({ name }) => name)).toEqual([]);
});

afterEach(() => {
  process.env = { ...environment };
});

test.each(values.filter(({ name, code }) => code !== "" && name !== "openLab"))(
  "$name",
  async (example) => {
    await runExample(example);
  },
);
