// Serves gateway and ClickHouse as `npm run up` does, for `npm run torture -- --shards`: in a process of its own, which is killed.
import { up } from "embedded-gateway";
import { localModels } from "../../agents/local/app";
import { configFiles } from "../../project/config-files";

async function serve([root, dataDir, gateway, clickhouse, password]: readonly string[]) {
  await up({
    ...{ configPath: configFiles(root!), dataDir: dataDir!, models: localModels() },
    ports: { gateway: Number(gateway), clickhouse: Number(clickhouse), models: 0 },
    password,
  });
  process.stdout.write("up\n");
}

serve(process.argv.slice(2));
