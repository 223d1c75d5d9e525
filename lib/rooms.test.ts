import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

// Arrows point downwards: a workspace imports what its package.json names and nothing else.

interface Manifest {
  name: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const root = dirname(__dirname);
const read = (folder: string) =>
  JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as Manifest;

const isTest = (file: string) => /\.test\.ts$|(^|\/)testing\//.test(file);

interface Import {
  specifier: string;
  /** `import type`, of which nothing is left when the code runs. */
  isOfTypes: boolean;
}

/** What a file imports, by `import`, `export … from`, `import()` or `require()`. */
function importsOf(path: string): Import[] {
  const text = readFileSync(path, "utf8");
  const ofTypes = new Set([...text.matchAll(/^import type [^;]+ from "(.+)";$/gm)].map(([, name]) => name));
  return ts.preProcessFile(text, true, true).importedFiles.map(({ fileName: specifier }) => ({
    specifier,
    isOfTypes: ofTypes.has(specifier),
  }));
}

const packageOf = (specifier: string) => /^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;

const workspaces = ["env", "gateway", "lab"].map((folder) => {
  const source = join(__dirname, folder, "src");
  const files = readdirSync(source, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => ({ file, imports: importsOf(join(source, file)) }));
  return { folder, source, manifest: read(`lib/${folder}`), files };
});

test.each(workspaces)("lib/$folder imports what its package.json names, all of it", (workspace) => {
  const { folder, source, manifest, files } = workspace;
  const named = Object.keys(manifest.dependencies ?? {});
  const development = [manifest, read(".")].flatMap((m) => Object.keys(m.devDependencies ?? {}));
  const used = new Set<string>();
  for (const { file, imports } of files) {
    for (const { specifier, isOfTypes } of imports) {
      if (isBuiltin(specifier)) continue;
      const target = relative(join(__dirname, folder), join(source, dirname(file), specifier));
      const name = packageOf(specifier);
      const allowed = isTest(file) || isOfTypes ? [...named, ...development] : named;
      const isOwn = !target.startsWith("..") || (isTest(file) && target.startsWith("../../bench/"));
      const isRight = specifier.startsWith(".") ? isOwn : allowed.includes(name);
      expect([file, specifier, isRight]).toEqual([file, specifier, true]);
      if (!isTest(file) && named.includes(name)) used.add(name);
    }
  }
  expect([...used].sort()).toEqual(named.sort());
});
