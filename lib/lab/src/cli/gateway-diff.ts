import { diffGateways, messageOf, PROBES } from "embedded-gateway";
import { command, UsageError } from "./command";

export default command({
  usage: "npm run gateway:diff -- <URL_A> <URL_B>",
  about:
    "Sends one list of requests to two gateways that serve the project's configuration and prints how they differ. The\n" +
    "exit code is 1 when they do, and 2 when one does not answer.",
  options: {},
  takesWords: true,
  async run(_values, words) {
    const [a, b] = words;
    if (a === undefined || b === undefined || words.length > 2)
      throw new UsageError("Two addresses are needed, such as http://localhost:3000.");
    const differences = await diffGateways(a, b).catch((error: Error) => {
      const what = error.name === "HttpUrlError" ? "An address" : "A gateway does not answer:";
      console.error(`${what} ${messageOf(error.cause ?? error)}`);
    });
    if (!differences) return 2;
    for (const { probe, at, a: left, b: right } of differences) {
      console.log(`${probe}: ${at}\n  A ${JSON.stringify(left)}\n  B ${JSON.stringify(right)}`);
    }
    console.log(`${PROBES.length} requests, ${differences.length} differences`);
    return differences.length === 0 ? 0 : 1;
  },
});
