import { textTable } from "../display/table";
import { runsTable } from "../experiment/runs-table";
import { command } from "./command";
import { withLab } from "./with-lab";

export default command({
  usage: "npm run runs",
  about: "Lists the runs in the store, the newest first: state, episodes, cost, age.",
  options: {},
  run: () =>
    withLab(async (lab) => {
      const runs = await lab.runs();
      console.log(
        runs.length > 0 ? textTable(runsTable(runs)) : "No run yet: npm start makes one.",
      );
    }),
});
