import { createRequire } from "node:module";
import { join } from "node:path";
import type ts50 from "typescript";
import { examples } from "./examples";

// The kernel checks cells with its own TypeScript, 5.0, against the compiled declarations of the workspaces.
const tslab = createRequire(require.resolve("tslab/package.json"));
const ts: typeof ts50 = tslab("@tslab/typescript-for-tslab");

/** The examples of the doc comments as one cell. */
function cellOfExamples(): string {
  const imported = new Map<string, string>();
  const functions = [...examples()].flatMap(([name, code]) => {
    if (code === "") return [];
    const body = code.replace(
      /^import \{(.*)\} from (.*);$/gm,
      (_, list: string, source: string) => {
        for (const each of list.split(",")) imported.set(each.trim(), source);
        return "";
      },
    );
    return `export async function of_${name}() {\n${body}\n}`;
  });
  const imports = [...imported].map(([name, source]) => `import { ${name} } from ${source};`);
  const names = [...examples().keys()].join(", ");
  const given = "declare const lab: Lab, run: Run, rows: EpisodeRow[];";
  return [...imports, `import { ${names} } from "babyai-lab";`, given, ...functions].join("\n");
}

test("a cell's TypeScript reads the declarations of babyai-lab, and takes the examples of its doc comments", () => {
  const root = join(__dirname, "..");
  const cell = join(root, "cell.ts");
  const options: ts50.CompilerOptions = {
    ...{ noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, lib: ["lib.es2022.d.ts"] },
    types: ["node"],
    ...{ module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  const text = cellOfExamples();
  host.fileExists = (path) => path === cell || fileExists(path);
  host.readFile = (path) => (path === cell ? text : readFile(path));
  const program = ts.createProgram([cell], options, host);
  const ours = program
    .getSourceFiles()
    .filter(({ fileName }) => !fileName.includes("node_modules"))
    .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
    .map(
      ({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  expect(
    program.getSourceFiles().some(({ fileName }) => fileName.endsWith("lab/dist/index.d.ts")),
  ).toBe(true);
  expect(ours).toEqual([]);
});
