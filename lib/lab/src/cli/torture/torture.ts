import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { command, UsageError } from "../command";
import { compare, type InspectedRun, inspect, means } from "./inspect";
import { tortureShards } from "./shards";

export default command({
  usage: "npm run torture [-- options]",
  about:
    "Kills a run (kill -9) at random moments and resumes it each time, then compares what the store holds with an\n" +
    "undisturbed run, and the tables that views fill with the main ones: 2 local variants on the 5 tasks. Of several\n" +
    "processes each plays a run of its own on the one store, which another takes over when its holder is killed.",
  options: {
    processes: { value: "n", default: "1", help: "at the same time" },
    kills: { value: "n", default: "100", help: "how often" },
    episodes: { value: "n", default: "20", help: "of each variant and task" },
    shards: {
      value: "n",
      help: "so many processes play one run of rule_based_history through one gateway, until Ctrl-C at the latest; default: as said above",
    },
    "gateway-kills": {
      value: "n",
      default: "3",
      help: "with --shards, how often the gateway is killed",
    },
  },
  async run(values, _words, root) {
    const numbers = [values.kills, values.episodes, values.processes].map(Number);
    if (!numbers.every((n) => Number.isInteger(n) && n >= 1))
      throw new UsageError("--kills, --episodes and --processes take whole numbers from 1.");
    const [kills, episodes, processes] = numbers as [number, number, number];
    if (values.shards !== undefined) {
      const [shards, gatewayKills] = [Number(values.shards), Number(values["gateway-kills"])];
      if (![shards - 1, gatewayKills].every((n) => Number.isInteger(n) && n >= 0))
        throw new UsageError("--shards takes a whole number from 1, --gateway-kills one from 0.");
      return tortureShards({ shards, episodes, kills, gatewayKills }, root);
    }
    return torture({ kills, episodes, processes }, root);
  },
});

async function torture(
  { kills, episodes, processes }: Record<"kills" | "episodes" | "processes", number>,
  root: string,
): Promise<number> {
  const play = (dataDir: string, ms: number | null) => playFor(dataDir, episodes, ms);
  const local = join(root, "data", ".local");
  mkdirSync(local, { recursive: true });
  const folder = mkdtempSync(join(local, "torture-"));
  try {
    const started = performance.now();
    await play(join(folder, "undisturbed"), null);
    const undisturbedMs = performance.now() - started;
    const [expected] = (await inspect(join(folder, "undisturbed"))).runs;
    if (expected === undefined) throw new Error("the undisturbed run is not there");
    console.log(
      `Undisturbed: ${expected.completed.size} episodes in ${seconds(undisturbedMs)}, means ${means(expected)}`,
    );

    const dataDir = join(folder, "killed");
    let finished = 0;
    let killed = 0;
    const longestMs = Math.min(undisturbedMs, Math.max(6000, undisturbedMs / 4)); // a busy machine begins late
    const limit = (undisturbedMs + 10_000) * 1.5 * kills;
    const playAgain = async () => {
      while (killed < kills || finished === 0) {
        if (performance.now() - started > limit) throw new Error("the run does not get on");
        // From the first instruction of the process to some time after it has begun to play; the last one is let go.
        const ms = killed < kills ? Math.random() * longestMs * processes : null;
        if ((await play(dataDir, ms)) === null) killed += 1;
        else finished += 1;
        if (killed % 10 === 0) process.stderr.write(`\r${killed} of ${kills} kills`);
      }
    };
    await Promise.all(Array.from({ length: processes }, playAgain));
    const isWhole = (run: InspectedRun) => run.completed.size === expected.completed.size;
    while (!(await inspect(dataDir)).runs.every(isWhole)) await play(dataDir, null);
    process.stderr.write("\n");

    const { runs, problems: ofViews } = await inspect(dataDir);
    const problems = [...ofViews, ...runs.flatMap((run) => compare(run, expected))];
    for (const run of runs) {
      console.log(
        `Run ${run.id}: ${run.tries} tries for ${run.completed.size} episodes, means ${means(run)}`,
      );
    }
    console.log(
      `${killed} kills over ${runs.length} run(s) of ${expected.completed.size} episodes in ${seconds(performance.now() - started)}: ` +
        (problems.length === 0
          ? "every episode is there once and whole, and equals the undisturbed one; the views' tables equal the main ones."
          : `${problems.length} problems`),
    );
    for (const problem of problems.slice(0, 20)) console.error(problem);
    return problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with how the process ended: its exit code, or null when it was killed after `ms`. */
function playFor(dataDir: string, episodes: number, ms: number | null): Promise<number | null> {
  const child = spawn(process.execPath, [join(__dirname, "play.js"), dataDir, String(episodes)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => {
    errors = (errors + text).slice(-4000);
  });
  const timer = ms === null ? undefined : setTimeout(() => child.kill("SIGKILL"), ms);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      if (code) reject(new Error(`a process ended with exit code ${code}:\n${errors}`));
      else resolve(code);
    });
  });
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
