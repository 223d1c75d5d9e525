import { textTable } from "../display/table";
import { runsTable, shardsTable } from "../experiment/runs-table";
import { command } from "./command";
import { withLab } from "./with-lab";

export default command({
  usage: "npm run runs",
  about:
    "Lists the runs in the store, the newest first: state, episodes, cost, age; of those that shards\n" +
    "play each shard: done of planned, live or dead.",
  options: {},
  run: () =>
    withLab(async (lab) => {
      const runs = await lab.runs();
      console.log(
        runs.length > 0 ? textTable(runsTable(runs)) : "No run yet: npm start makes one.",
      );
      for (const run of runs.filter(({ shards }) => shards.length > 0))
        console.log(`\nRun ${run.run}:\n${textTable(shardsTable(run))}`);
    }),
});
