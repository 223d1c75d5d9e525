// npm run bench -- memory [episodes]: plays one run of 10,000 episodes with a local agent, gateway and store in this
// process, and prints how much memory that takes as it goes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openLab, type Progress, tasks } from "babyai-lab";

const MIB = 1024 ** 2;

export async function run([count = "10000"]: readonly string[]) {
  const episodes = Math.ceil(Number(count) / tasks.length);
  const dataDir = mkdtempSync(join(tmpdir(), "memory-"));
  try {
    const lab = await openLab({ gateway: "embedded", dataDir });
    const total = episodes * tasks.length;
    let next = 0;
    const onProgress = ({ done, answers, seconds }: Progress) => {
      if (done < next) return;
      next += total / 10;
      const { rss, heapUsed } = process.memoryUsage();
      const cells = [
        done,
        answers,
        seconds.toFixed(0),
        (rss / MIB).toFixed(0),
        (heapUsed / MIB).toFixed(0),
      ];
      console.log(cells.map((cell) => String(cell).padStart(9)).join(""));
    };
    console.log(
      ["episodes", "answers", "s", "RSS MiB", "heap MiB"].map((t) => t.padStart(9)).join(""),
    );
    const { text } = await lab.evaluate({ variants: ["rule_based_history"], episodes, onProgress });
    console.log(text);
    const started = performance.now();
    const rows = await lab.episodes({ run: (await lab.runs())[0]?.run ?? "" });
    console.log(
      `lab.episodes: ${rows.length} rows in ${(performance.now() - started).toFixed(0)} ms`,
    );
    await lab.close();
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
  const peak = (process.resourceUsage().maxRSS * 1024) / MIB;
  console.log(`Peak: ${peak.toFixed(0)} MiB${peak < 1024 ? "" : ", above the limit of 1024 MiB"}`);
  if (peak >= 1024) process.exitCode = 1;
}
