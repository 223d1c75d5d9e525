import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLab } from "./lab";
import { makeProject } from "./project/testing/project";

// Compiled and in a process of its own, because what the engine prints comes past Node's streams.

const root = join(__dirname, "..", "..", "..");
const folder = realpathSync(mkdtempSync(join(tmpdir(), "open-lab-")));
afterAll(() => rmSync(folder, { recursive: true }));

/** Plays an episode in that folder with a lab that is opened so, and says what was printed and told. */
function playIn(cwd: string, options: string) {
  const script = `
    const { openLab } = require("babyai-lab");
    (async () => {
      const lines = [];
      const lab = await openLab(${options});
      const run = await lab.evaluate({ variants: ["rule_based"], tasks: ["BabyAI-GoToObj-v0"], episodes: 1 });
      const { directory, charts } = await lab.save(run);
      const [row] = await lab.episodes({ run: run.id });
      await lab.close();
      const after = await lab.runs().catch(({ name, message }) => [name, message]);
      require("node:fs").writeFileSync("told.json", JSON.stringify({ about: lab.about, lines, directory, charts, row, after }));
    })()`;
  const { stdout, stderr } = spawnSync(process.execPath, ["-e", script], {
    cwd,
    encoding: "utf8",
  });
  expect([stdout, stderr]).toEqual(["", ""]);
  return JSON.parse(readFileSync(join(cwd, "told.json"), "utf8"));
}

test("from another folder the project is the library's own, and nothing is printed", () => {
  const elsewhere = join(folder, "elsewhere");
  mkdirSync(elsewhere);
  symlinkSync(join(root, "node_modules"), join(elsewhere, "node_modules"));
  const dataDir = join(elsewhere, "store");
  const told = playIn(elsewhere, `{ gateway: "embedded", dataDir: ${JSON.stringify(dataDir)} }`);
  expect(told.after).toEqual([
    "StoreOpenError",
    expect.stringContaining("openLab() opens it again: in a notebook, run the cell that calls it"),
  ]);
  expect(told.row).toMatchObject({ variant: "rule_based", success: true, error: null });
  expect(told.directory).toBe(join(root, "data", ".local", "runs", told.row.run));
  expect(existsSync(dataDir)).toBe(true);
  rmSync(told.directory, { recursive: true });
});

test("an empty project with the packages and a configuration has its own store and runs", () => {
  const project = join(folder, "project");
  makeProject(project);
  const told = playIn(project, '{ gateway: "embedded", log: (line) => lines.push(line) }');
  expect(told.row).toMatchObject({ variant: "rule_based", success: true });
  expect(told.about).toMatch(/ClickHouse: embedded, in data\/\.local\/clickhouse\.$/);
  expect(told.lines).toEqual([told.about]);
  expect(told.directory).toBe(join(project, "data", ".local", "runs", told.row.run));
  expect(told.charts.length).toBeGreaterThan(0);
});

test("no folder is made of a name that stands for a store in memory", async () => {
  const project = join(folder, "memory");
  makeProject(project);
  await expect(
    openLab({ project, gateway: "embedded", dataDir: ":memory:" }),
  ).rejects.toMatchObject({
    name: "StoreOpenError",
    message: expect.stringContaining("Name a folder; a temporary one"),
  });
  expect(existsSync(join(project, ":memory:"))).toBe(false);
});

test("a folder without a configuration is refused, with what is missing", async () => {
  const project = join(folder, "empty");
  await expect(openLab({ project, gateway: "embedded" })).rejects.toMatchObject({
    name: "ConfigError",
    message: expect.stringContaining(join(project, "config", "tensorzero.toml")),
  });
  mkdirSync(join(project, "config"), { recursive: true });
  writeFileSync(join(project, "config", "tensorzero.toml"), "");
  const lab = await openLab({ project, gateway: "embedded" });
  await expect(lab.evaluate({ variants: ["mine"] })).rejects.toMatchObject({
    name: "SettingsError",
    message: expect.stringMatching(/^Unknown variant "mine"\. .*has no variants/),
  });
  await lab.close();
  // At once: a store that was closed is not one to wait for.
  const variant = "rule_based";
  for (const call of [
    () => lab.evaluate({ variants: [variant] }),
    () => lab.demonstrate({ variant }),
    () => lab.view(),
  ])
    await expect(call()).rejects.toMatchObject({ name: "StoreOpenError", code: "closed" });
});
