import { command, UsageError } from "./command";
import { withLab } from "./with-lab";

export default command({
  usage: "npm run view [-- options]",
  about:
    "Serves pages that show the store, on this machine alone, until Ctrl-C: runs, also those under way, comparisons, episodes\n" +
    "by outcome and pattern, and the player.",
  options: {
    port: {
      value: "number",
      help: "where to listen; default: 3040, or where that is taken any free one",
    },
  },
  async run({ port }) {
    if (port !== undefined && !(/^\d{1,5}$/.test(port) && Number(port) < 65_536))
      throw new UsageError(`--port is ${port}, not a port: a number from 0 to 65535.`);
    await withLab(async (lab) => {
      await lab.view(port === undefined ? {} : { port: Number(port) });
      console.log("Ctrl-C ends it.");
      await new Promise((end) => process.on("SIGINT", end).on("SIGTERM", end));
    });
    process.exit(0);
  },
});
