import { spawnSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { configFiles } from "./project/config-files";
import { codeCell, formatNotebook } from "./runner/nbformat";

// A whole run by `npm run notebook`, with a planted key and a provider that repeats it in every way it can. Everything the
// run leaves is searched: the terminal's text, the executed notebook, the store's tables and files, what lab.save writes.

const KEY = "sk-Qx7Zr2Vw9Kt4Lm8Np3Js6Hd5Gf1Bc0Ya";
/** Eight letters in a row of the key; that many would narrow a search for it, and no ordinary text has them by chance. */
const PARTS = Array.from({ length: KEY.length - 7 }, (_, at) => KEY.slice(at, at + 8));

const root = resolve(__dirname, "..", "..", "..");
const local = join(root, "data", ".local");
mkdirSync(local, { recursive: true });
const folder = mkdtempSync(join(local, "secret-test-"));
const dataDir = join(folder, "clickhouse");
let runFolder: string | undefined;
afterAll(() => {
  rmSync(folder, { recursive: true });
  if (runFolder !== undefined) rmSync(runFolder, { recursive: true, force: true });
});

/** Loaded before the kernel's own code: what OpenAI would answer to the header that it is sent. */
const PROVIDER = `
const { Readable } = require("node:stream");
const undici = require(${JSON.stringify(require.resolve("undici"))}); // providers are asked by its request
const real = undici.request;
const prompts = [];
let calls = 0;
undici.request = async (url, init = {}) => {
  if (!String(url).includes("api.openai.com")) return real(url, init);
  const { status: statusCode, statusText, headers, body } = answerTo(init);
  return { statusCode, statusText, headers: Object.fromEntries(headers), body: Readable.fromWeb(body) };
};
const answerTo = (init) => {
  const header = new Headers(init.headers).get("authorization") ?? "no key came";
  const key = header.replace("Bearer ", "");
  const masked = key.slice(0, 11) + "*".repeat(20) + key.slice(-4);
  const refuse = (status, message) => Response.json({ error: { message, type: "invalid_request_error" } }, { status });
  const answer = (content) => Response.json({
    id: "chatcmpl-1", object: "chat.completion", created: 0, model: "gpt-4o-mini",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 11, completion_tokens: 7, total_tokens: 18 },
  });
  const prompt = JSON.parse(init.body).messages.at(-1).content;
  if (!prompts.includes(prompt)) prompts.push(prompt);
  switch (prompts.indexOf(prompt)) { // one kind for all tries of an inference
    case 0: return refuse(401, "Incorrect API key provided: " + key + ".");
    case 1: return refuse(401, "Incorrect API key provided: " + masked + ". You can find it at https://platform.openai.com.");
    case 2: return refuse(403, "The key that begins with " + key.slice(0, 14) + " may not do this");
    case 3: return refuse(400, JSON.stringify({ headers: { authorization: header } }));
    case 4: return new Response("<html>" + header + "</html>", { status: 400 });
    default: return answer(JSON.stringify({ thinking: "The key is " + key, action: calls++ % 9 ? "turn left" : key }));
  }
};
`;

/** The project's configuration without the waits between tries. */
cpSync(join(root, "config"), join(folder, "config"), { recursive: true });
for (const path of configFiles(folder))
  writeFileSync(path, readFileSync(path, "utf8").replace(/^retries = .*$/gm, ""));

const CELLS = [
  `import { openLab } from "babyai-lab";
const lab = await openLab({ gateway: "embedded", dataDir: ${JSON.stringify(dataDir)}, log: console.log,
  configPath: ${JSON.stringify(configFiles(folder))} });`,
  `import { progressBar } from "babyai-lab";
const refused = lab.gateway.infer({ functionName: "act_with_reasoning", variantName: "reasoning",
  system: { mission: "one's own" }, user: { observation: "nothing", history: "" } }).catch((error) => error);
const run = await lab.evaluate({ variants: ["history_and_reasoning"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"],
  episodes: 6, onProgress: progressBar() });
console.log("RUN", run.id);
console.log(run);`,
  `import { frame, resultsTable, showFrame, showTable, invalidAnswers, storedEpisode } from "babyai-lab";
const rows = await lab.tries({ run: run.id });
console.log(rows);
showTable(rows.map((row) => ({ ...row })));
showFrame(frame(resultsTable(rows)));
const invalid = await invalidAnswers(lab.clickhouse, run.id);
showTable(invalid.map((row) => ({ ...row })));`,
  `import { showChart, successRate, inputTokens, loadReplay, showReplay } from "babyai-lab";
await showChart(successRate(rows));
await showChart(inputTokens(rows));
const played = rows.find((row) => row.success !== null);
const replay = await loadReplay(lab.clickhouse, played ? played.episode_id : "");
await showReplay(replay);`,
  `import { publishReport, textTable } from "babyai-lab";
const saved = await lab.save(run);
publishReport({ run: run.id, directory: saved.directory, table: textTable(resultsTable(rows)), charts: saved.charts });`,
  `const tables = await lab.clickhouse.query({
  query: "SELECT name FROM system.tables WHERE database = currentDatabase() AND total_rows > 0", format: "JSONEachRow" });
const names = await tables.json<{ name: string }>();
const dump: string[] = [];
for (const { name } of names) {
  const all = await lab.clickhouse.query({ query: "SELECT * FROM " + name, format: "JSONEachRow" });
  dump.push(name, await all.text());
}
require("node:fs").writeFileSync("tables.txt", dump.join("\\n"));`,
  `const error = await refused;
console.error(error);
await lab.close();
throw error;`,
];

function filesIn(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
}

const partIn = (bytes: Buffer) => PARTS.find((part) => bytes.includes(part));

test("no part of a key is in anything that a run leaves", () => {
  writeFileSync(join(folder, "provider.cjs"), PROVIDER);
  const notebook = {
    nbformat: 4 as const,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: "tslab", display_name: "TypeScript" } },
    cells: CELLS.map((cell) => codeCell(cell)),
  };
  writeFileSync(join(folder, "given.ipynb"), formatNotebook(notebook));
  const executed = join(folder, "executed.ipynb");
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [join(root, "scripts", "run.mjs"), "notebook", join(folder, "given.ipynb"), "-o", executed],
    {
      cwd: folder,
      encoding: "utf8",
      env: {
        ...process.env,
        OPENAI_API_KEY: KEY,
        NODE_OPTIONS: `--require ${join(folder, "provider.cjs")}`,
      },
    },
  );
  const terminal = stdout + stderr;
  const run = /RUN (\S+)/.exec(terminal)?.[1];
  expect(status).toBe(1); // by the error that the last cell throws, with all its causes
  expect(terminal).toContain(`Run ${run}: 2 of 6 episodes`);
  runFolder = join(local, "runs", String(run));

  const tables = readFileSync(join(folder, "tables.txt"), "utf8");
  const notebookText = readFileSync(executed, "utf8");
  // The provider's words came all the way, without the key.
  for (const text of [terminal, tables, notebookText]) {
    expect(text).toContain("Incorrect API key provided: [key]");
    expect(text).toContain("The key that begins with [key]");
  }
  expect(tables).toContain("The key is [key]");
  expect(notebookText).toContain("image/png");

  const files = [...filesIn(dataDir), ...filesIn(runFolder), executed, join(folder, "tables.txt")];
  expect(files.map((file) => basename(file))).toEqual(
    expect.arrayContaining(["results.json", "success_rate.svg", "success_rate.png", "data.bin"]),
  );
  const leaks = files.map((file) => [file, partIn(readFileSync(file))]).filter(([, part]) => part);
  expect(leaks).toEqual([]);
  expect(partIn(Buffer.from(terminal))).toBeUndefined();
});
