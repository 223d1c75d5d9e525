// npm run torture: kills a run (kill -9) at random moments and resumes it each time.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "./arguments.mjs";
import { root, setup } from "./setup.mjs";

const usage = `npm run torture -- [--kills n] [--episodes n]

Kills a run (kill -9) at random moments and resumes it each time, then compares what the store holds with an
undisturbed run: 2 local variants on the 5 tasks.

  --kills     default: 100
  --episodes  of each variant and task; default: 20`;

const { values, stop } = readArguments(usage, {
  kills: { type: "string", default: "100" },
  episodes: { type: "string", default: "20" },
  // For the processes that are killed:
  play: { type: "boolean" },
  "data-dir": { type: "string" },
});
const kills = Number(values.kills);
const episodes = Number(values.episodes);
if (!Number.isInteger(kills) || kills < 1 || !Number.isInteger(episodes) || episodes < 1) {
  stop("--kills and --episodes take whole numbers from 1.");
}
const variants = ["random", "rule_based_history"];
// Few at a time: each kill cuts off those under way, and the run must get on between two kills.
const concurrency = 8;

const columns = [
  "success",
  "episode_return",
  "episode_length",
  "invalid_actions",
  "input_tokens",
  "output_tokens",
];

if (values.play) await play();
else process.exitCode = await torture();

async function open(dataDir) {
  const log = console.log;
  console.log = () => {}; // what openLab says
  const { openLab } = createRequire(import.meta.url)("babyai-lab");
  const lab = await openLab({ gateway: "embedded", dataDir });
  console.log = log;
  return lab;
}

/** In a process of its own: begins the run, or resumes it if there is one. */
async function play() {
  const lab = await open(values["data-dir"]);
  const [earlier] = (await lab.runs()).filter((row) => row.state !== "finished");
  const options = earlier ? { run: earlier.run } : { variants, episodes };
  const run = await lab.evaluate({ ...options, concurrency });
  await lab.close();
  process.exitCode = run.completed === run.planned ? 0 : 1;
}

/** Resolves with how the process ended: its exit code, or null when it was killed after `ms`. */
function playFor(dataDir, ms) {
  const script = fileURLToPath(import.meta.url);
  const child = spawn(
    process.execPath,
    [script, "--play", "--data-dir", dataDir, "--episodes", String(episodes)],
    { stdio: ["ignore", "ignore", "pipe"] },
  );
  let errors = "";
  child.stderr.on("data", (text) => {
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

async function torture() {
  setup();
  const local = join(root, "data", ".local");
  mkdirSync(local, { recursive: true });
  const folder = mkdtempSync(join(local, "torture-"));
  try {
    const started = performance.now();
    await playFor(join(folder, "undisturbed"), null);
    const undisturbedMs = performance.now() - started;
    const [expected] = await inspect(join(folder, "undisturbed"));
    console.log(
      `Undisturbed: ${expected.completed.size} episodes in ${seconds(undisturbedMs)}, means ${means(expected)}`,
    );

    const dataDir = join(folder, "killed");
    let finished = 0;
    let killed = 0;
    const limit = (undisturbedMs + 10_000) * 1.5 * kills;
    while (killed < kills || finished === 0) {
      if (performance.now() - started > limit) throw new Error("the run does not get on");
      // From the first instruction of the process to some time after it has begun to play; the last one is let go.
      const ms = killed < kills ? Math.random() * Math.min(undisturbedMs, 6000) : null;
      if ((await playFor(dataDir, ms)) === null) killed += 1;
      else finished += 1;
      if (killed % 10 === 0) process.stderr.write(`\r${killed} of ${kills} kills`);
    }
    await playFor(dataDir, null); // the run under way
    process.stderr.write("\n");

    const runs = await inspect(dataDir);
    const problems = runs.flatMap((run) => compare(run, expected));
    for (const run of runs) {
      console.log(
        `Run ${run.id}: ${run.tries} tries for ${run.completed.size} episodes, means ${means(run)}`,
      );
    }
    console.log(
      `${killed} kills over ${runs.length} run(s) of ${expected.completed.size} episodes in ${seconds(performance.now() - started)}: ` +
        (problems.length === 0
          ? "every episode is there once and whole, and equals the undisturbed one."
          : `${problems.length} problems`),
    );
    for (const problem of problems.slice(0, 20)) console.error(problem);
    return problems.length === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** What the store holds of each run, with what is wrong with it. */
async function inspect(dataDir) {
  const lab = await open(dataDir);
  const select = async (query, query_params) => {
    const result = await lab.clickhouse.query({ query, query_params, format: "JSONEachRow" });
    return result.json();
  };
  const runs = [];
  for (const { run } of await lab.runs()) {
    const problems = [];
    const completed = new Map();
    const rows = await lab.tries({ run });
    for (const row of rows.filter(({ success }) => success !== null)) {
      const key = `${row.variant} ${row.task} ${row.seed}`;
      if (completed.has(key)) problems.push(`${key} was completed twice`);
      if (row.replaced || row.error !== null) problems.push(`${key} is marked as unfinished`);
      if (row.inferences !== row.episode_length)
        problems.push(`${key} has ${row.inferences} inferences for ${row.episode_length} steps`);
      completed.set(key, row);
    }
    const broken = await select(
      `SELECT toString(episode_id) AS episode_id, count() AS n, uniqExact(tags['step']) AS steps
       FROM JsonInference INNER JOIN (SELECT DISTINCT target_id FROM BooleanMetricFeedback) AS done
         ON JsonInference.episode_id = done.target_id
       WHERE tags['run'] = {run:String}
       GROUP BY episode_id
       HAVING n != steps OR max(toUInt32(tags['step'])) != n - 1`,
      { run },
    );
    const calls = await select(
      `SELECT toString(JsonInference.id) AS id, count() AS n
       FROM JsonInference INNER JOIN ModelInference ON JsonInference.id = ModelInference.inference_id
       WHERE tags['run'] = {run:String} AND episode_id IN (SELECT target_id FROM BooleanMetricFeedback)
       GROUP BY id HAVING n != 1`,
      { run },
    );
    const feedback = await select(
      `SELECT toString(target_id) AS episode_id, count() AS n, uniqExact(metric_name) AS metrics
       FROM (
         SELECT target_id, metric_name FROM FloatMetricFeedback WHERE tags['run'] = {run:String}
         UNION ALL
         SELECT target_id, metric_name FROM BooleanMetricFeedback WHERE tags['run'] = {run:String}
       )
       WHERE target_id IN (SELECT target_id FROM BooleanMetricFeedback)
       GROUP BY target_id
       HAVING n != 5 OR metrics != 5`,
      { run },
    );
    for (const row of broken) problems.push(`steps of ${row.episode_id}: ${JSON.stringify(row)}`);
    for (const row of calls) problems.push(`model calls of ${row.id}: ${row.n}`);
    for (const row of feedback)
      problems.push(`feedback of ${row.episode_id}: ${JSON.stringify(row)}`);
    runs.push({ id: run, tries: rows.length, completed, problems });
  }
  await lab.close();
  return runs;
}

function compare(run, expected) {
  const problems = run.problems.map((problem) => `Run ${run.id}: ${problem}`);
  for (const [key, row] of expected.completed) {
    const other = run.completed.get(key);
    for (const column of other ? columns : []) {
      if (other[column] !== row[column])
        problems.push(`Run ${run.id}: ${column} of ${key} is ${other[column]}, not ${row[column]}`);
    }
    if (!other) problems.push(`Run ${run.id}: ${key} is missing`);
  }
  return problems;
}

function means({ completed }) {
  const rows = [...completed.values()];
  const mean = (column) => rows.reduce((sum, row) => sum + Number(row[column]), 0) / rows.length;
  return columns.map((column) => `${column} ${mean(column).toFixed(4)}`).join(", ");
}
