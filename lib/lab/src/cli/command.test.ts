import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { commands, main } from "../main";
import { root } from "../project/root";
import { command, help, runCommand, UsageError } from "./command";
import { NEEDS_CHANGE } from "./notebooks/play-shard";
import start from "./notebooks/start";
import { catchPrinted, printed } from "./testing/printed";

catchPrinted();

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

test("package.json's scripts are the commands, and each file of cli/ with a command is one of them", async () => {
  const called = Object.values(scripts).flatMap((line) => /run\.mjs (\S+)$/.exec(line)?.[1] ?? []);
  expect(called.sort()).toEqual(Object.keys(commands).sort());
  const files = readdirSync(__dirname, { recursive: true, encoding: "utf8" });
  const own = files.filter(
    (file) =>
      /^[^.]+\.ts$/.test(file) &&
      readFileSync(join(__dirname, file), "utf8").includes("export default command("),
  );
  expect(own).toHaveLength(called.length);
});

test.each(Object.keys(commands))("%s --help names every option with its default", async (name) => {
  expect(await main(name, ["--help"])).toBe(0);
  const { default: it } = commands[name]!();
  expect(printed.stdout).toContain(it.usage);
  for (const line of printed.stdout.split("\n")) expect(line.length).toBeLessThan(160);
  const [, ...options] = printed.stdout
    .split(/\n {2}(?=-\w, --| {4}--)/)
    .map((it) => it.replace(/\s+/g, " "));
  for (const [option, { value, default: fallback, help: text }] of Object.entries(it.options)) {
    const line = options.find((it) => it.includes(`--${option} `)) ?? "";
    expect(line).toContain(`${text}`);
    if (value === undefined) continue; // a switch is off
    expect(line).toMatch(fallback === undefined ? /; default: ./ : `; default: ${fallback}`);
  }
});

const valued = Object.entries(commands).flatMap(([name, load]) =>
  Object.entries(load().default.options).flatMap(([option, { value }]) =>
    value === undefined ? [] : [[name, option]],
  ),
);

test.each(valued)("%s --%s with an empty or blank value is refused", async (name, option) => {
  for (const blank of ["", " ", "\t\n"]) {
    const code = name === "start" && option === "run" ? NEEDS_CHANGE : 1;
    expect(await main(name!, [`--${option}`, blank])).toBe(code);
    expect(printed.stderr).toContain(`--${option} is ${JSON.stringify(blank)}: give its value (`);
  }
});

test("start's parameters, too: a run to resume that is empty would begin a new one", async () => {
  for (const given of ["resume=", "resume= ", "variants="]) {
    expect(await main("start", ["-p", given])).toBe(1);
    expect(printed.stderr).toContain(`-p ${given.split("=")[0]}= has no value`);
  }
});

test("options that npm swallowed are named, and nothing is done", async () => {
  const env = { npm_config_parseable: "true" };
  expect(await runCommand(start, ["episodes=1"], root, env)).toBe(1);
  expect(printed.stderr).toContain(
    "npm took -p for an option of its own: this command's stand behind --, as in npm start -- -p …\n",
  );
  expect(await runCommand(start, [], root, { npm_config_resume: "r1" })).toBe(1);
  expect(printed.stderr).toContain("npm took --resume");
});

test("--help and -h, wherever they stand, are never an action", async () => {
  for (const name of Object.keys(commands)) {
    for (const args of [["-h"], ["some", "words", "--help"]]) {
      printed.stdout = "";
      const { default: it } = commands[name]!();
      const words = it.takesWords ? args : args.slice(-1);
      expect([name, await main(name, words)]).toEqual([name, 0]);
      expect(printed.stdout).toContain(it.usage);
    }
  }
});

test("start --help lists the notebook's parameters with their defaults", async () => {
  expect(await main("start", ["--help"])).toBe(0);
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, table = ""] = readme.split("| parameter | default | meaning |");
  const [own = ""] = table.split("\n\n");
  const rows = [...own.matchAll(/^\| `(\w+)` \| `?([^`|]+?)`? \|/gm)];
  expect(rows.length).toBeGreaterThan(8);
  for (const [, name, value] of rows)
    expect(printed.stdout).toMatch(new RegExp(`^ {2}${name} = "?${value}"?( |$)`, "m"));
});

const greet = command({
  usage: "npm run greet -- <whom>",
  about: "Greets.",
  options: {
    loud: { short: "l", help: "in capitals" },
    with: { value: "word", default: "Hello", help: "a word" },
  },
  takesWords: true,
  async run({ loud, with: word }, [whom]) {
    if (whom === undefined) throw new UsageError("Whom?");
    if (whom === "Nobody") throw new Error("Nobody is not there.");
    if (whom === "bug") throw new TypeError("not a function");
    process.stdout.write(loud ? `${word} ${whom}`.toUpperCase() : `${word} ${whom}`);
  },
});

test("a command gets its options' values, and says in a line what is wrong", async () => {
  const run = (...args: string[]) => runCommand(greet, args, root);
  expect([await run("Ada", "-l", "--with", "Hi"), printed.stdout]).toEqual([0, "HI ADA"]);
  expect([await run(), printed.stderr]).toEqual([1, `Whom?\n\n${help(greet, root)}\n`]);
  printed.stderr = "";
  expect([await run("Nobody"), printed.stderr]).toEqual([1, "Nobody is not there.\n"]);
  expect(await run("Ada", "--quiet")).toBe(1);
  expect(printed.stderr).toContain("Unknown option --quiet.\n");
  expect(await run("Ada", "--lout")).toBe(1);
  expect(printed.stderr).toContain('Unknown option --lout. Did you mean "--loud"?\n');
  expect(await run("")).toBe(1);
  expect(printed.stderr).toContain('A word is "": give it, or leave it out.');
  const after = (env: NodeJS.ProcessEnv, ...args: string[]) => runCommand(greet, args, root, env);
  const swallowed = "of its own: this command's stand behind --, as in npm run greet --";
  expect(await after({ npm_config_with: "Hi" }, "Ada")).toBe(1);
  expect(printed.stderr).toContain(`npm took --with for an option ${swallowed} --with …\n`);
  await expect(run("bug")).rejects.toThrow("not a function");
});
