// Compares two gateways that serve the project's configuration: npm run gateway:diff -- URL_A URL_B
import { createRequire } from "node:module";
import { setup } from "./setup.mjs";

const [a, b, ...more] = process.argv.slice(2);
if (!a || !b || more.length > 0) {
  console.error(
    "Two addresses are needed: npm run gateway:diff -- http://localhost:3000 http://localhost:3001",
  );
  process.exit(2);
}
setup();
const { diffGateways, PROBES } = createRequire(import.meta.url)("embedded-gateway");

let differences;
try {
  differences = await diffGateways(a, b);
} catch (error) {
  const what = error.name === "HttpUrlError" ? "An address" : "A gateway does not answer:";
  console.error(`${what} ${error.cause?.message ?? error.message}`);
  process.exit(2);
}
for (const { probe, at, a: left, b: right } of differences) {
  console.log(`${probe}: ${at}\n  A ${JSON.stringify(left)}\n  B ${JSON.stringify(right)}`);
}
console.log(`${PROBES.length} requests, ${differences.length} differences`);
process.exitCode = differences.length === 0 ? 0 : 1;
