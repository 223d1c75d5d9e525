import { createRequire } from "node:module";
import { join } from "node:path";
import type ts50 from "typescript";

// The kernel checks cells with its own TypeScript, 5.0, against the compiled declarations of the workspaces.
const tslab = createRequire(require.resolve("tslab/package.json"));
const ts: typeof ts50 = tslab("@tslab/typescript-for-tslab");

test("a cell's TypeScript reads the declarations of babyai-lab", () => {
  const root = join(__dirname, "..");
  const cell = join(root, "cell.ts");
  const options: ts50.CompilerOptions = {
    ...{ noEmit: true, strict: true, target: ts.ScriptTarget.ES2022, types: ["node"] },
    ...{ module: ts.ModuleKind.CommonJS, moduleResolution: ts.ModuleResolutionKind.Node10 },
  };
  const host = ts.createCompilerHost(options);
  const { readFile, fileExists } = host;
  const text = 'import * as lab from "babyai-lab";\nexport type Lab = typeof lab;\n';
  host.fileExists = (path) => path === cell || fileExists(path);
  host.readFile = (path) => (path === cell ? text : readFile(path));
  const program = ts.createProgram([cell], options, host);
  const ours = ts
    .getPreEmitDiagnostics(program)
    .filter(({ file }) => file !== undefined && !file.fileName.includes("node_modules"))
    .map(
      ({ file, messageText }) =>
        `${file?.fileName}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`,
    );
  expect(
    program.getSourceFiles().some(({ fileName }) => fileName.endsWith("lab/dist/index.d.ts")),
  ).toBe(true);
  expect(ours).toEqual([]);
});
