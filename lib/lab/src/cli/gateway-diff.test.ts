import { existsSync } from "node:fs";
import { join } from "node:path";
import { diffWithReal, SHIPPED, sift } from "embedded-gateway";
import { localModels } from "../agents/local/app";
import { root } from "../project/root";

// All requests take half a minute, in .ci/run; here are those for the project's own configuration.

const folder = join(root, "data", ".local");
const version = "2026.6.0";
const hasPeer = existsSync(join(folder, `tensorzero-${version}`));

(hasPeer ? test : test.skip)(
  "TensorZero's own gateway answers and stores the same, but for what is known",
  async () => {
    const { differences, rows } = await diffWithReal({
      ...{ version, folder, config: join(root, "config") },
      models: localModels(),
      probes: SHIPPED,
    });
    expect(sift(differences).others).toEqual([]);
    expect(rows).toBeGreaterThan(50);
  },
);
