// npm run bench -- start: how long `npm start` takes, and how much memory the largest of its processes, which is the kernel with
// gateway and store. First held to 200 answers a second, more than language models give; then as it is. Linux only. What the store
// holds already adds to it: for figures to compare, in a project without runs.
import { spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SAMPLE_MS = 50;
const TICKS_PER_SECOND = 100;

const PACES = {
  "200 answers/s, 75 episodes": ["-p", "episodes", "5", "-p", "maxCallsPerMinute", "12000"],
  "as it is, 300 episodes": [],
};

interface Usage {
  seconds: number;
  processorSeconds: number;
  largestMib: number;
}

export async function run(): Promise<void> {
  for (const [pace, parameters] of Object.entries(PACES)) {
    const { seconds, processorSeconds, largestMib } = await measure(parameters);
    console.log(
      `${pace}: ${seconds.toFixed(1)} s, ${processorSeconds.toFixed(1)} s of processor time, largest process ${largestMib.toFixed(0)} MiB`,
    );
  }
}

async function measure(parameters: readonly string[]): Promise<Usage> {
  const script = join(__dirname, "..", "scripts", "run.mjs");
  const started = performance.now();
  const child = spawn(process.execPath, [script, "start", ...parameters], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    said += text;
  });
  let largestMib = 0;
  const ticks = new Map<number, number>();
  const sampling = setInterval(() => {
    for (const { pid, mib, used } of processesOf(child.pid ?? 0)) {
      largestMib = Math.max(largestMib, mib);
      ticks.set(pid, used);
    }
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(sampling);
  if (code !== 0) throw new Error(`npm start ended with ${code}: ${said}`);
  const used = [...ticks.values()].reduce((sum, each) => sum + each, 0);
  return {
    seconds: (performance.now() - started) / 1000,
    processorSeconds: used / TICKS_PER_SECOND,
    largestMib,
  };
}

/** A process and all that it has started, by Linux's /proc. */
function processesOf(root: number): { pid: number; mib: number; used: number }[] {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const found = all.flatMap((name) => {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, "utf8");
      const fields = stat
        .slice(stat.lastIndexOf(")") + 2)
        .split(" ")
        .map(Number);
      const [, parent = 0] = fields;
      const [userTicks = 0, systemTicks = 0] = fields.slice(11);
      const status = readFileSync(`/proc/${name}/status`, "utf8");
      const mib = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
      return [{ pid: Number(name), parent, mib, used: userTicks + systemTicks }];
    } catch {
      return []; // it has ended meanwhile
    }
  });
  const family = new Set([root]);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { pid, parent } of found) if (family.has(parent)) family.add(pid);
  }
  return found.filter(({ pid }) => family.has(pid));
}
