import fs, { mkdtempSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClickHouseError } from "@clickhouse/client";
import { insertComment } from "../store/comments";
import { RowWriter } from "../store/insert";
import { connect } from "./connect";
import { describeDamage } from "./damage";

test("a truncated part is told of; the other tables are read", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "damage-"));
  try {
    const before = await connect({ dataDir });
    const id = "019a0000-0000-7000-8000-000000000001";
    await insertComment(before, { id, episodeId: id, value: "{}".repeat(1000), tags: {} });
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

test.each([
  ["ENOSPC", "disk_full", /^The disk that holds the store is full: .*Free some space/],
  ["EROFS", "not_writable", /^The store's folder cannot be written: .*EROFS.*Make it writable/],
])("a data folder that answers %s is one clear message", async (code, expected, message) => {
  const dataDir = mkdtempSync(join(tmpdir(), "damage-"));
  const write = jest.spyOn(fs, "writeFileSync").mockImplementation(() => {
    throw Object.assign(new Error(`${code}: write`), { code });
  });
  const opened = connect({ dataDir });
  await expect(opened).rejects.toMatchObject({ name: "StoreOpenError", code: expected });
  await expect(opened).rejects.toThrow(message);
  write.mockRestore();
  rmSync(dataDir, { recursive: true });
});

test("a disk that fills up in the middle is called so; the rows wait for room", async () => {
  const client = await connect({ dataDir: ":memory:" });
  const writer = new RowWriter(client, { intervalMs: 60_000 });
  const id = "019a0000-0000-7000-8000-000000000001";
  writer.write("CommentFeedback", { id, target_id: id, target_type: "episode", value: "late" });
  const full = new ClickHouseError({
    message: "Cannot reserve 1.00 MiB, not enough space: while pushing to view tensorzero.X. . ",
    code: "243",
    type: "NOT_ENOUGH_SPACE",
  });
  const exec = jest.spyOn(client, "exec").mockRejectedValueOnce(full);
  await expect(writer.flush()).rejects.toThrow(
    "1 row(s) could not be written to CommentFeedback: the disk is full (Cannot reserve 1.00 MiB, " +
      "not enough space: while pushing to view tensorzero.X). They are kept",
  );
  exec.mockRestore();
  await writer.close();
  expect(writer.pending).toBe(0);
  await client.close();
});
