// Begins a run of `npm run torture`, or resumes one that no other process plays: in a process of its own, which is killed.
import { RunHeldError } from "../../experiment/shards/claim";
import { openAt } from "./inspect";

async function play([dataDir, episodes]: readonly string[]): Promise<void> {
  const lab = await openAt(dataDir!);
  const unfinished = (await lab.runs()).filter((row) => row.state !== "finished");
  const fresh = { variants: ["random", "rule_based_history"], episodes: Number(episodes) };
  for (const options of [...unfinished.map(({ run }) => ({ run })), fresh]) {
    try {
      // Few at a time: each kill cuts off those under way, and the run must get on between two kills.
      const run = await lab.evaluate({ ...options, concurrency: 8 });
      process.exitCode = run.completed === run.planned ? 0 : 1;
      break;
    } catch (error) {
      if (!(error instanceof RunHeldError)) throw error;
    }
  }
  await lab.close();
}

play(process.argv.slice(2));
