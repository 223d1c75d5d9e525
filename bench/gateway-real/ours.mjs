// `npm run up` on free ports. `node ours.mjs <config> <folder> <password>` prints two addresses and ends with its input.
import { up } from "embedded-gateway";

const [configPath, dataDir, password] = process.argv.slice(2);
const running = await up({
  configPath,
  dataDir,
  password,
  models: { fetch: () => new Response() },
  env: {},
  ports: { gateway: 0, clickhouse: 0, models: 0 },
});
console.log(`${running.urls.gateway} ${running.urls.clickhouse}`);
process.stdin.resume().on("end", () => running.close().then(() => process.exit()));
