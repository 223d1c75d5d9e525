// Writes the registry's hashes into package-lock.json where npm left them out: it knows those of the packages only that it
// installed itself, and drops the ones of other platforms. Versions stay. `node scripts/lock-integrity.mjs`
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./setup.mjs";

const path = join(root, "package-lock.json");
const lock = JSON.parse(readFileSync(path, "utf8"));
for (const [place, entry] of Object.entries(lock.packages)) {
  if (!place.includes("node_modules/") || entry.link || entry.integrity) continue;
  const name = `${entry.name ?? place.split("node_modules/").at(-1)}@${entry.version}`;
  const { stdout } = spawnSync("npm", ["view", name, "dist.integrity"], { encoding: "utf8" });
  const integrity = stdout?.trim();
  console.log(`${name} ${integrity || "is not in this registry"}`);
  if (!integrity) continue;
  const { version, ...rest } = entry;
  lock.packages[place] = { version, integrity, ...rest };
}
writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
