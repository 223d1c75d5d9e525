import { join } from "node:path";
import { oneLine, repairStore } from "embedded-gateway";
import { openLab } from "../lab";
import { command } from "./command";

/** A reason is long: what follows is advice on hardware. */
const SHOWN = 120;

export default command({
  usage: "npm run repair",
  about:
    "Reads all of the embedded store and puts the parts aside that cannot be read: the store opens again with what is left.\n" +
    "Nothing is deleted. What the tables of views lack is filled from the others; of runs it says which episodes lack what.",
  options: {},
  async run(_values, _words, root) {
    const aside = await repairStore(join(root, "data", ".local", "clickhouse"));
    for (const { table, path, reason } of aside)
      console.log(`Put aside, of ${table}: ${path} (${oneLine(reason, SHOWN)})`);
    console.log(aside.length === 0 ? "Every part can be read." : "Opening what is left:");
    await (await openLab({ gateway: "embedded", log: console.log })).close();
  },
});
