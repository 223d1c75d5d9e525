import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { inspect } from "./cli/torture/inspect";
import { makeProject } from "./project/testing/project";
import { Kernel } from "./runner/kernel";

// Two notebooks and commands at once on one embedded store, compiled and each in a process of its own.

const project = realpathSync(mkdtempSync(join(tmpdir(), "shared-store-")));
const EPISODES = 3;
/** Of each episode: "turn left" solves nothing. */
const STEPS = 64;
const kernels: Kernel[] = [];
afterAll(() => {
  for (const kernel of kernels) kernel.kill();
  rmSync(project, { recursive: true });
});

interface Printed {
  id: string;
  completed: number;
  asked: number;
}

/** A notebook, which says in lines of JSON how its runs ended. */
async function startNotebook() {
  const kernel = await Kernel.start({ directory: project });
  kernels.push(kernel);
  let printed = "";
  let onPrint = () => {};
  return {
    kernel,
    async run<T = Printed>(code: string): Promise<T> {
      printed = "";
      await kernel.execute(code, ({ content }) => {
        printed += content.text ?? content.evalue ?? "";
        onPrint();
      });
      return JSON.parse(printed.trim().split("\n").at(-1) ?? "null");
    },
    untilPrinted: (text: string) =>
      new Promise<void>((resolve) => {
        onPrint = () => printed.includes(text) && resolve();
        onPrint();
      }),
  };
}

const VARIANT = `
[functions.act.variants.mine]
type = "chat_completion"
model = "mine"
system_template = "config/functions/act/baseline/system.minijinja"
user_template = "config/functions/act/baseline/user.minijinja"
json_mode = "on"
`;

// subtle: without types, whose check takes seconds. In the middle of its second episode the model waits for a file.
const OPEN = `
const fs = require("fs");
let asked = 0;
const mine = async () => {
  if (++asked === ${1.5 * STEPS}) {
    console.log("waits");
    while (!fs.existsSync("go")) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return JSON.stringify({ action: "turn left" });
};
const lab = await require("babyai-lab").openLab({
  gateway: "embedded", configPath: ["config/tensorzero.toml", "mine.toml"], models: { mine },
});
console.log(JSON.stringify(lab.about));
`;

const play = (what: string) => `
const played = await lab.evaluate({ ${what}, concurrency: 1 });
console.log(JSON.stringify({ id: played.id, completed: played.completed, asked: asked }));
`;
const RUN = `variants: ["mine"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: ${EPISODES}`;

const codeOf = (name: string) =>
  `require("babyai-lab/dist/main").main("${name}", process.argv.slice(1)).then((code) => { process.exitCode = code; })`;
const command = async (name: string, ...args: string[]) => {
  const code = codeOf(name);
  const ended = await promisify(execFile)(process.execPath, ["-e", code, ...args], {
    cwd: project,
  });
  return ended.stdout;
};

/** `npm run view` in a process of its own, until it says where it listens. */
async function startView() {
  const view = spawn(process.execPath, ["-e", codeOf("view"), "--", "--port", "0"], {
    cwd: project,
  });
  const ended = once(view, "exit");
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    view.stdout.on("data", (chunk) => {
      printed += chunk;
      const [, found] = /^Runs and episodes: (\S+)\n/m.exec(printed) ?? [];
      if (found !== undefined) resolve(found);
    });
    view.once("exit", () => reject(new Error(printed)));
  });
  const running = async () => {
    const page = await (await fetch(`${url}/parts/runs/1`)).text();
    return page.match(/badge running/g)?.length;
  };
  const footer = async () => /<footer>.*<\/footer>/.exec(await (await fetch(url)).text())?.[0];
  const end = () => view.kill("SIGTERM") && ended;
  return { running, footer, end };
}

test("two notebooks and commands share the store; after kill -9 of the holder all go on, and nothing is lost", async () => {
  makeProject(project);
  writeFileSync(join(project, "mine.toml"), VARIANT);
  const [one, other] = await Promise.all([startNotebook(), startNotebook()]);
  expect(await one.run<string>(OPEN)).not.toContain("joined");
  const { pid } = one.kernel;
  expect(await other.run<string>(OPEN)).toMatch(
    new RegExp(`joined by this process; its holder is process ${pid} \\(.*\\)\\.$`),
  );
  const killed = one.run(play(RUN)).catch((error: Error) => error.message);
  const going = other.run(play(RUN));
  await Promise.all([one.untilPrinted("waits"), other.untilPrinted("waits")]);

  // Each gateway writes its rows in batches, a moment after the answers.
  const seen = async () => (await command("runs")).match(/running +1 of 3/g)?.length;
  while ((await seen()) !== 2);
  const [view] = await Promise.all([startView(), command("export", "all.csv")]);
  expect(await view.running()).toBe(2);
  expect(await view.footer()).toContain(`its holder is process ${pid} `);
  expect(readFileSync(join(project, "all.csv"), "utf8").split("\n")[1]).toContain("mine");

  one.kernel.kill();
  expect(await killed).toContain("SIGKILL");
  writeFileSync(join(project, "go"), "");
  const whole = await going;
  // The page reads on, whoever holds the store now, and names who does.
  while ((await view.running()) === 2);
  expect(await view.footer()).not.toContain(`process ${pid} `);
  await view.end();
  expect(whole).toMatchObject({ completed: EPISODES, asked: EPISODES * STEPS });
  const dataDir = join(project, "data", ".local", "clickhouse");
  const cut = (await inspect(dataDir)).runs.find(({ id }) => id !== whole.id);
  // All that was answered a second before, and so its first episode.
  expect([cut?.completed.size, cut?.tries]).toEqual([1, 2]);
  const resumed = await other.run(play(`run: ${JSON.stringify(cut?.id)}`));
  expect(resumed).toMatchObject({ completed: EPISODES, asked: (EPISODES + EPISODES - 1) * STEPS });
  const { runs: all, problems } = await inspect(dataDir);
  expect(problems).toEqual([]);
  for (const { completed, problems } of all)
    expect([completed.size, problems]).toEqual([EPISODES, []]);
});
