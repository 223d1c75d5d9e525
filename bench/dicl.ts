import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { openLab } from "../lib/lab/src";
import { resultsTable } from "../lib/lab/src/analysis/tables/results-table";
import { textTable } from "../lib/lab/src/display/table";

const VARIANT = "nearest_example";
/** Past turns in an input. With more of them, what is near is a like past and not a like view. */
const historyLength = 1;

/**
 * In-context learning with some 4,400 examples, those of `rule_based_history`'s successes on seeds 5000 to 5099: how well the answer of
 * the nearest one plays seeds 200 to 219, and how many inferences a second the variant gives, all included.
 */
export async function run(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "dicl-"));
  const lab = await openLab({ gateway: "embedded", dataDir });
  try {
    const from = { variants: ["rule_based_history"], episodes: 100, seed: 5000 };
    const { id: bank } = await lab.evaluate(from);
    const where = { success: true, noInvalidAnswers: true } as const;
    const { train: episodes } = await lab.examples({ run: bank, where });
    const { examples } = await lab.teach({ variant: VARIANT, episodes, historyLength });

    const start = performance.now();
    const before = process.cpuUsage();
    const { id } = await lab.evaluate({ variants: [VARIANT], historyLength });
    const seconds = (performance.now() - start) / 1000;
    const { user, system } = process.cpuUsage(before);
    const rows = await lab.episodes({ run: id });
    const inferences = rows.reduce((sum, { episode_length }) => sum + (episode_length ?? 0), 0);
    console.log(textTable(resultsTable(rows)));
    console.log(
      `${inferences} inferences with ${examples} examples: ${(inferences / seconds).toFixed(0)}/s, ` +
        `${((user + system) / 1000 / inferences).toFixed(2)} ms of CPU each`,
    );
  } finally {
    await lab.close();
    rmSync(dataDir, { recursive: true });
  }
}
