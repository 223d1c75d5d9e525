import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { parse } from "yaml";
import { root } from "./root";

const read = (path: string) => readFileSync(join(root, path), "utf8");

/** The repository's Markdown files, by path. */
function documents(folder = root): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (["node_modules", "dist", ".git", ".local"].includes(entry.name)) return [];
    if (entry.isDirectory()) return documents(path);
    return entry.name.endsWith(".md") ? [relative(root, path)] : [];
  });
}

const isOutside = (target: string) => /^[a-z]+:/.test(target);

/** What a document links to or shows, relative to the root; the anchor is kept. */
function linksOf(path: string, text: string): string[] {
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)|(?:src|href)="([^"]+)"/g)];
  return targets
    .map(([, link, attribute]) => link ?? attribute ?? "")
    .filter((target) => !isOutside(target))
    .map((target) => (target.startsWith("#") ? path + target : join(dirname(path), target)));
}

/** GitHub's anchors of a document's headings. */
function anchorsOf(text: string): string[] {
  return [...text.replace(/```[\s\S]*?```/g, "").matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Folders and files of the repository that a text names; what runs leave in data/.local, and what readers copy, is not there yet. */
function pathsIn(text: string): string[] {
  const rooted =
    /(?<![\w./:-])(?:\.github|bench|config|data|img|lib|notebooks|recipes|scripts)\/[\w./-]*/g;
  return [...text.replace(/^cp .*$/gm, "").matchAll(rooted)]
    .map(([path]) => path.replace(/[.-]+$/, ""))
    .filter((path) => !path.startsWith("data/.local"));
}

function missing(path: string, text: string): string[] {
  const broken = linksOf(path, text).filter((target) => {
    const [file = "", anchor] = target.split("#");
    if (!existsSync(join(root, file))) return true;
    return anchor !== undefined && !anchorsOf(read(file)).includes(anchor);
  });
  return [...broken, ...pathsIn(text).filter((name) => !existsSync(join(root, name)))];
}

test("every link, anchor and path in the repository's documents leads somewhere", () => {
  const found = documents();
  expect(found).toEqual(expect.arrayContaining(["README.md", "lib/env/README.md"]));
  expect(found.flatMap((path) => missing(path, read(path)).map((name) => [path, name]))).toEqual(
    [],
  );
});

test("a link, an anchor, a picture and a path that lead nowhere are found", () => {
  const text =
    'See [one](lib/none.md), [two](#no-such), [three](README.md#license), <img src="img/no.svg">, `lib/no.ts`, bench/no.ts.';
  expect(missing("README.md", text)).toEqual([
    "lib/none.md",
    "README.md#no-such",
    "img/no.svg",
    "lib/none.md",
    "img/no.svg",
    "lib/no.ts",
    "bench/no.ts",
  ]);
});

test("the rooms that README names are the workspaces' folders", () => {
  const [, layout = ""] =
    /## How the code is laid out[\s\S]*?```\n([\s\S]*?)```/.exec(read("README.md")) ?? [];
  const named = layout.split(/^(?=\S)/m).flatMap((block) => {
    const [workspace = ""] = /^lib\/\w+/.exec(block) ?? [];
    const rooms = block.slice(workspace.length + 1).match(/(?<= )[a-z]+(?=\/)/g) ?? [];
    return workspace === "" ? [] : rooms.map((room) => `${workspace}/src/${room}`);
  });
  expect(named.length).toBeGreaterThan(20);
  expect(named.filter((room) => !existsSync(join(root, room)))).toEqual([]);
});

interface Form {
  name?: string;
  description?: string;
  body?: { type: string; id?: string; attributes: Record<string, unknown> }[];
}

test.each(["bug.yml", "feature.yml"])("%s is a form that GitHub takes", (name) => {
  const { body = [], ...form } = parse(read(join(".github", "ISSUE_TEMPLATE", name))) as Form;
  expect(form).toMatchObject({ name: expect.any(String), description: expect.any(String) });
  const fields = body.filter(({ type }) => type !== "markdown");
  const ids = fields.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)]);
  expect(ids.length).toBeGreaterThan(0);
  for (const { type, attributes } of body) {
    expect(["markdown", "input", "textarea", "dropdown", "checkboxes"]).toContain(type);
    expect(attributes[type === "markdown" ? "value" : "label"]).toEqual(expect.any(String));
    if (type !== "dropdown") continue;
    const options = attributes.options as unknown[];
    // YAML's bare yes and no are truth values, which GitHub refuses.
    expect(options).toEqual([...new Set(options.map(String))]);
  }
});

test("CITATION.cff has the fields that its schema requires, and the version that is here", () => {
  const citation = parse(read("CITATION.cff"));
  expect(citation).toMatchObject({
    "cff-version": "1.2.0",
    type: "software",
    license: "Apache-2.0",
    version: JSON.parse(read("lib/lab/package.json")).version,
    message: expect.any(String),
    title: expect.any(String),
  });
  const [{ name }] = citation.authors;
  expect(read("LICENSE")).toContain(`Copyright 2026 ${name.replace("The", "the")}`);
  expect(citation.references.length).toBeGreaterThan(0);
  for (const reference of citation.references) {
    expect(reference).toMatchObject({ type: expect.any(String), title: expect.any(String) });
    for (const author of reference.authors)
      expect(author).toMatchObject({
        "family-names": expect.any(String),
        "given-names": expect.any(String),
      });
  }
});
