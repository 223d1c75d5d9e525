import { anyCharacter } from "embedded-gateway/testing/any-character";
import fc from "fast-check";
import { codeCell, type Notebook } from "./nbformat";
import { injectParameters, ParameterError, parseAssignments } from "./parameters";

const source = `// Parameters
let episodes = 20;
let quick: boolean = false, variants: string[] = ["random"];
let budgetUsd: number | undefined;
let resume: string | undefined;
let mode: "fast" | "slow" = "fast";
let title = \`babyai\`;
const fixed = 1;
function helper() { let inner = 1; return inner; }`;

const notebook = (...cells: Notebook["cells"]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells,
});
const given = notebook(codeCell("1"), codeCell(source, ["parameters"]), codeCell("2"));
const inject = (parameters: Record<string, string>) =>
  injectParameters(given, parameters).cells[2]!;

test("a cell after the parameters sets them, by their declared type", () => {
  const cell = inject({
    episodes: "5",
    quick: "true",
    variants: '["a","b"]',
    budgetUsd: "0.5",
    resume: "123",
    mode: "slow",
    title: 'say "hi"',
  });
  expect(cell.metadata.tags).toEqual(["injected-parameters"]);
  expect(cell.source.split("\n").slice(2, -1)).toEqual([
    "  episodes = 5;",
    "  quick = true;",
    '  variants = ["a","b"];',
    "  budgetUsd = 0.5;",
    '  resume = "123";',
    '  mode = "slow";',
    '  title = "say \\"hi\\"";',
  ]);
});

test("what is no JSON is a string, which the kernel checks against the declared type", () => {
  expect(inject({ episodes: "many" }).source).toContain('episodes = "many";');
});

test("an earlier injected cell is replaced, and the given notebook stays as it is", () => {
  const once = injectParameters(given, { episodes: "5" });
  const twice = injectParameters(once, { episodes: "6" });
  expect(twice.cells).toHaveLength(4);
  expect(twice.cells[2]!.source).toContain("episodes = 6;");
  expect(injectParameters(twice, {})).toEqual(given);
  expect(given.cells).toHaveLength(3);
});

test.each(["zzz", "fixed", "inner", "helper", "toString"])(
  "%s is refused with the valid names",
  (name) => {
    expect(() => inject({ [name]: "1" })).toThrow(
      new ParameterError(
        `Unknown parameter ${name}. Valid are episodes, quick, variants, budgetUsd, resume, mode, title.`,
      ),
    );
  },
);

test("a notebook without a parameters cell takes none", () => {
  expect(() => injectParameters(notebook(codeCell("1")), { a: "1" })).toThrow(
    'tagged "parameters"',
  );
});

test("any text can be given as name=value", () => {
  fc.assert(
    fc.property(fc.string({ unit: anyCharacter }), (text) => {
      expect(parseAssignments([`title=${text}`])).toEqual({ title: text });
      const [, , line] = inject({ title: text }).source.split("\n");
      expect(JSON.parse(line!.slice("  title = ".length, -1))).toBe(text);
      expect(line).not.toMatch(/[\r\u2028\u2029]/);
    }),
    { numRuns: 20, examples: [["a\u2028b\u2029c\r\n\0"]] },
  );
  expect(parseAssignments(["a=1", "b==", "a=2"])).toEqual({ a: "2", b: "=" });
});

test.each(["episodes", "=5", "a b=1", "1a=2", ""])("%p is no assignment", (text) => {
  expect(() => parseAssignments([text])).toThrow(ParameterError);
});
