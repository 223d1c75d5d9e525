import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { ConfigError, loadConfig, readTextFile, TextFileError } from "embedded-gateway";
import { anyCharacter } from "embedded-gateway/testing/any-character";
import { script } from "embedded-gateway/testing/script";
import fc from "fast-check";
import { configFiles } from "./project/config-files";
import { readEnvironment } from "./project/environment";
import { NotebookFileError, readNotebook } from "./runner/nbformat";

const root = join(__dirname, "..", "..", "..");
const folder = mkdtempSync(join(tmpdir(), "text-file-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const file = join(folder, "file");
function written(bytes: string | Buffer, path = file): string {
  writeFileSync(path, bytes);
  return path;
}

const BOM = "\ufeff";
const bigEndian = (text: string) => Buffer.from(text, "utf16le").swap16();

test("whatever wrote a text, with a byte order mark or Windows' line ends, it is the same", () => {
  const line = fc.string({ unit: anyCharacter }).map((text) => text.replace(/[\0\r\n\ufeff]/g, ""));
  fc.assert(
    fc.property(
      fc.array(line),
      fc.boolean(),
      fc.constantFrom("\n", "\r\n", "\r"),
      (lines, mark, end) => {
        const bytes = (mark ? BOM : "") + lines.join(end);
        expect(readTextFile(written(bytes))).toBe(lines.join("\n"));
      },
    ),
  );
});

const KEY = "OPENAI_API_KEY=sk-planted-0123456789\n";
const notUtf8: [string, Buffer, string][] = [
  ["UTF-16LE with a mark", Buffer.from(BOM + KEY, "utf16le"), "is saved as UTF-16"],
  ["UTF-16BE with a mark", bigEndian(BOM + KEY), "is saved as UTF-16"],
  ["UTF-16LE", Buffer.from(KEY, "utf16le"), "is saved as UTF-16"],
  ["UTF-16BE", bigEndian(KEY), "is saved as UTF-16"],
  ["UTF-16LE of another script", Buffer.from("# 鍵\n鍵=鍵\n", "utf16le"), "is saved as UTF-16"],
  ["an empty UTF-16 file", Buffer.from(BOM, "utf16le"), "is saved as UTF-16"],
  ["Windows-1252", Buffer.from("# cl\xe9\n", "latin1"), "is not UTF-8"],
];

test.each(notUtf8)("%s is refused with what to do", (_, bytes, problem) => {
  const path = written(bytes, join(folder, ".env"));
  const read = () => readEnvironment(folder);
  expect(read).toThrow(TextFileError);
  expect(read).toThrow(`${path} ${problem}. Save it as UTF-8`);
  expect(read).not.toThrow("planted");
  expect(() => readNotebook(path)).toThrow(NotebookFileError);
});

test("a configuration in another encoding says so with its own error", async () => {
  const toml = written(Buffer.from("[functions]\n", "utf16le"), join(folder, "tensorzero.toml"));
  await expect(loadConfig(toml)).rejects.toThrow(ConfigError);
  await expect(loadConfig(toml)).rejects.toThrow("Save it as UTF-8");
});

test.each([
  ["with a byte order mark", BOM + KEY],
  ["with CRLF", KEY.replace("\n", "\r\n")],
])(".env %s gives its key", (_, text) => {
  written(text, join(folder, ".env"));
  expect(readEnvironment(folder).OPENAI_API_KEY).toBe("sk-planted-0123456789");
});

const TEXTS = new Set([".ts", ".js", ".css", ".json", ".toml", ".minijinja"]);

/** A copy of what the product is made of, with CRLF in every text and a byte order mark in the configuration. */
function windowsCheckout(): string {
  const copy = join(folder, "checkout");
  mkdirSync(copy);
  symlinkSync(join(root, "node_modules"), join(copy, "node_modules"));
  for (const part of ["config", "lib"]) {
    cpSync(join(root, part), join(copy, part), {
      recursive: true,
      filter: (path) => !/(golden|node_modules|dist)$|\.test\.ts$/.test(path),
    });
    for (const name of readdirSync(join(copy, part), { recursive: true, encoding: "utf8" })) {
      const path = join(copy, part, name);
      if (!TEXTS.has(extname(name))) continue;
      const text = readFileSync(path, "utf8").replaceAll("\n", "\r\n");
      writeFileSync(path, part === "config" ? BOM + text : text);
    }
  }
  return copy;
}

test("a checkout with CRLF has the same variants, prompts, prices and replay page as one with LF", () => {
  const tell = (checkout: string) => {
    const config = JSON.stringify(join(checkout, "config"));
    const paths = JSON.stringify(configFiles(checkout));
    const body = `
      const { readVariants } = load("lab/experiment/variants/variants"), { readPrices } = load("lab/experiment/variants/prices");
      const { chatCompletions, loadConfig } = load("gateway");
      const { playerHtml } = load("lab/replay/player"), { replayEpisode, replayStored } = load("lab/replay/replay");
      const { hash, functions, templates } = await loadConfig(${paths}, {});
      const context = { mission: "go to the red ball", observation: "a wall 1 step left\\na red ball 2 steps right", turn: 1,
        history: [{ turn: 1, observation: "", action: "drop" }] };
      const act = new Map([["act", functions.get("act")]]);
      const prompts = [...chatCompletions(act)].flatMap((chat) =>
        [...chat.templates.values()].map((template) => templates.render(template.key, context)));
      const { frames, mission } = replayEpisode("BabyAI-MixedTrainLocal-v0/goto", 200, ["turn left"]);
      const page = playerHtml([replayStored({ episode_id: "e", run: "r", variant: "v", task: "BabyAI-MixedTrainLocal-v0/goto", seed: 200,
        success: null, error: null, steps: [{ ...frames[0], mission, answer: "{}", invalid: null }] })]);
      console.log(JSON.stringify({ hash, prompts, page, variants: [...readVariants(${paths})], prices: readPrices(${config} + "/prices.toml") }));`;
    const child = spawnSync(process.execPath, script(body, join(checkout, "lib")), {
      encoding: "utf8",
      cwd: root,
    });
    if (child.stdout === "") throw new Error(child.stderr);
    return JSON.parse(child.stdout);
  };
  const here = tell(root);
  expect(here.prompts.join()).toContain("a red ball 2 steps right");
  expect(here.page).toContain("script-src 'sha256-");
  expect(tell(windowsCheckout())).toEqual(here);
});

test("git checks texts out with LF and pictures as they are, whatever core.autocrlf says", () => {
  const origin = join(folder, "origin");
  const names = [
    "config/tensorzero.toml",
    "config/functions/act/history/user.minijinja",
    "lib/lab/src/replay/page.js",
    "lib/env/src/golden/rng.json.gz",
    "img/local/success_rate.svg",
    "img/local/success_rate.png",
    ".ci/run",
  ];
  for (const name of [".gitattributes", ...names]) cpSync(join(root, name), join(origin, name));
  const git = (...args: string[]) => {
    const { status, stderr } = spawnSync("git", args, { cwd: origin, encoding: "utf8" });
    expect([args[0], status, stderr]).toEqual([args[0], 0, ""]);
  };
  git("init", "-q", "-b", "main");
  git("add", ".");
  git("-c", "user.name=x", "-c", "user.email=x@x", "commit", "-qm", "all");
  git("clone", "-q", "-c", "core.autocrlf=true", origin, join(folder, "clone"));
  const same = (name: string) =>
    readFileSync(join(folder, "clone", name)).equals(readFileSync(join(origin, name)));
  expect(names.filter((name) => !same(name))).toEqual([]);
});
