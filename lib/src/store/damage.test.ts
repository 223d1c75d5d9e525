import { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "./connect";
import { describeDamage } from "./damage";
import { insertRunSettings } from "./run-settings";

test("a truncated part is told of; the other tables are read", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "damage-"));
  try {
    const before = await connect({ dataDir });
    const id = "019a0000-0000-7000-8000-000000000001";
    await insertRunSettings(before, { run: "r", id, settings: "{}".repeat(1000) });
    expect(await describeDamage(before)).toBeNull();
    const [{ path }] = (await (
      await before.query({
        query: "SELECT path FROM system.parts WHERE table = 'CommentFeedback' AND active",
        format: "JSONEachRow",
      })
    ).json<{ path: string }>()) as [{ path: string }];
    await before.close();
    for (const name of readdirSync(path)) {
      const file = join(path, name);
      if (name.endsWith(".bin") && statSync(file).size > 10) truncateSync(file, 10);
    }

    const after = await connect({ dataDir });
    expect(await describeDamage(after)).toMatch(
      /^The store is damaged: .* put them aside: 1 of CommentFeedback\. .*broken-on-start_/,
    );
    await after.close();
  } finally {
    rmSync(dataDir, { recursive: true });
  }
});
