import { readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { dirname, join, relative } from "node:path";
import ts from "typescript";

// Arrows point downwards: a workspace imports what its package.json names and nothing else, and a room of it imports the
// rooms before it in these lists. A file that stands beside the rooms is one of its own.
const ROOMS: Record<string, readonly string[]> = {
  env: "world missions levels view env registry expert hindsight vector vector-worker index".split(
    " ",
  ),
  gateway: (
    "basics errors ids clickhouse/folder clickhouse clickhouse/http store config files models/providers models requests functions variants " +
    "inference feedback listing routes gateway serve diff/probes diff index"
  ).split(" "),
  lab: (
    "basics project connection agents/local/reading agents/local/rule-based agents/local/student agents/local agents agents/balrog-like queries/parts queries/runs queries/overview queries " +
    "analysis/statistics analysis analysis/published analysis/tables experiment/variants experiment/progress experiment/plan experiment/play experiment/shards experiment " +
    "learn learn/student charts/text charts/pictures charts/drawing charts replay export runner display models view/data view/pages view play-run lab index cli cli/export cli/notebooks cli/torture main"
  ).split(" "),
};

/** A folder with more files, tests not counted, holds more than one idea. */
const MOST_FILES = 12;

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
  const ofTypes = new Set(
    [...text.matchAll(/^import type [^;]+ from "(.+)";$/gm)].map(([, name]) => name),
  );
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

const roomOf = (file: string) => (file.includes("/") ? dirname(file) : file.replace(/\.ts$/, ""));

test.each(workspaces)("lib/$folder: a room imports rooms before it, in no circle", (workspace) => {
  const rooms = ROOMS[workspace.folder] ?? [];
  const files = new Map(
    workspace.files.filter(({ file }) => !isTest(file)).map((file) => [file.file, file.imports]),
  );
  const filesOf = (room: string) => [...files.keys()].filter((file) => roomOf(file) === room);
  expect([...new Set([...files.keys()].map(roomOf))].sort()).toEqual([...rooms].sort());
  expect(rooms.filter((room) => filesOf(room).length > MOST_FILES)).toEqual([]);

  /** Files of the workspace that a file imports. */
  const targets = (file: string) =>
    (files.get(file) ?? [])
      .filter(({ specifier }) => specifier.startsWith("."))
      .map(({ specifier }) => join(dirname(file), specifier))
      .flatMap((path) => [`${path}.ts`, join(path, "index.ts")].filter((name) => files.has(name)));
  const upwards = [...files.keys()].flatMap((file) =>
    targets(file)
      .filter((target) => rooms.indexOf(roomOf(target)) > rooms.indexOf(roomOf(file)))
      .map((target) => `${file} → ${target}`),
  );
  expect(upwards).toEqual([]);

  // Among files: whoever imports nothing that is left goes, until all have gone or those in circles are left.
  const left = new Set(files.keys());
  for (let before = 0; before !== left.size; ) {
    before = left.size;
    for (const file of left)
      if (!targets(file).some((target) => left.has(target))) left.delete(file);
  }
  expect([...left]).toEqual([]);
});
