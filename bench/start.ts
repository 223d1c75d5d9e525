// npm run bench -- start: how long `npm start` takes, and how much memory the largest of its processes, which is the kernel with
// gateway and store. First held to 200 answers a second, more than language models give; then as it is. Linux only. What the store
// holds already adds to it: for figures to compare, in a project without runs.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
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
  const before = endedChildren();
  let largest = 0;
  const sampling = setInterval(() => {
    largest = Math.max(largest, largestMib(child.pid ?? 0));
  }, SAMPLE_MS);
  const code = await new Promise((resolve) => child.on("close", resolve));
  clearInterval(sampling);
  if (code !== 0) throw new Error(`npm start ended with ${code}: ${said}`);
  return {
    seconds: (performance.now() - started) / 1000,
    processorSeconds: endedChildren() - before,
    largestMib: largest,
  };
}

/** Processor seconds of this process's children that have ended, and of theirs. */
function endedChildren(): number {
  const fields = readFileSync("/proc/self/stat", "utf8").split(") ").pop()!.split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}

/** Of a process and all that it has started, what the largest has held at most. */
function largestMib(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").match(/\d+/g) ?? [];
    const own = Number(/^VmHWM:\s+(\d+)/m.exec(status)?.[1] ?? 0) / 1024;
    return Math.max(own, ...children.map((child) => largestMib(Number(child))));
  } catch {
    return 0; // it has ended meanwhile
  }
}
