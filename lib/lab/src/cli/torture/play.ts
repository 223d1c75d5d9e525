// Begins the run of `npm run torture`, or resumes it if there is one: in a process of its own, which is killed.
import { openAt } from "./inspect";

async function play([dataDir, episodes]: readonly string[]): Promise<void> {
  const lab = await openAt(dataDir!);
  const [earlier] = (await lab.runs()).filter((row) => row.state !== "finished");
  const fresh = { variants: ["random", "rule_based_history"], episodes: Number(episodes) };
  const options = earlier ? { run: earlier.run } : fresh;
  // Few at a time: each kill cuts off those under way, and the run must get on between two kills.
  const run = await lab.evaluate({ ...options, concurrency: 8 });
  await lab.close();
  process.exitCode = run.completed === run.planned ? 0 : 1;
}

play(process.argv.slice(2));
