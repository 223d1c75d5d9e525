import fs, { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ClickHouseClient, ClickHouseError } from "@clickhouse/client";
import { insertComment } from "../store/comments";
import { RowWriter } from "../store/insert";
import { partsOf, truncatePart } from "../testing/parts";
import { connect } from "./connect";
import { describeDamage, findDamage } from "./damage";

const comment = (client: ClickHouseClient, id: string) =>
  insertComment(client, { id, episodeId: id, value: "{}".repeat(1000), tags: {} });
const first = "019a0000-0000-7000-8000-000000000001";
const second = "019a0000-0000-7000-8000-000000000002";

test("a truncated part is told of, unless its rows are in the part that it was merged into", async () => {
  const dataDir = mkdtempSync(join(tmpdir(), "damage-"));
  try {
    let client = await connect({ dataDir });
    await comment(client, first);
    await comment(client, second);
    await client.command({ query: "OPTIMIZE TABLE CommentFeedback FINAL" });
    const parts = await partsOf(client, "CommentFeedback");
    expect(parts.map(({ active }) => active)).toEqual([false, true, false]);
    await client.close();
    truncatePart(parts[0]!);

    client = await connect({ dataDir });
    await client.command({ query: "SYSTEM WAIT LOADING PARTS CommentFeedback" });
    expect(await findDamage(client)).toEqual([]);
    const [merged] = (await partsOf(client, "CommentFeedback")).filter(({ active }) => active);
    await client.close();
    truncatePart(merged!);

    client = await connect({ dataDir });
    // subtle: the other part that had been merged is taken again.
    expect((await partsOf(client, "CommentFeedback")).map(({ name }) => name)).toEqual([
      "all_2_2_0",
    ]);
    const damage = await findDamage(client);
    expect(describeDamage(damage)).toMatch(
      /^The store is damaged: .* put them aside: 1 of CommentFeedback\. .*broken-on-start_/,
    );
    // A part of a table that views fill is no loss: its rows are there again.
    const [view] = await partsOf(client, "CommentFeedbackByTargetId");
    await client.close();
    truncatePart(view!);
    client = await connect({ dataDir });
    expect(await findDamage(client)).toEqual(damage);
    await client.close();
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

test("a store whose files of definitions are gone is refused, and not opened with empty tables", async () => {
  const folder = mkdtempSync(join(tmpdir(), "damage-"));
  try {
    const whole = join(folder, "whole");
    const client = await connect({ dataDir: whole });
    await comment(client, first);
    await client.command({ query: "CREATE TABLE scratch (n UInt8) ENGINE = MergeTree ORDER BY n" });
    await client.command({ query: "INSERT INTO scratch VALUES (1)" });
    await client.command({ query: "DROP TABLE scratch" });
    await client.close();
    const metadata = fs
      .realpathSync(join(whole, "metadata", "tensorzero"))
      .replace(`${whole}/`, "");
    for (const file of ["metadata/tensorzero.sql", `${metadata}/CommentFeedback.sql`]) {
      const dataDir = mkdtempSync(join(folder, "gone-"));
      fs.cpSync(whole, dataDir, { recursive: true, verbatimSymlinks: true });
      rmSync(join(dataDir, file));
      const open = () => connect({ dataDir });
      await expect(open()).rejects.toThrow(
        /^The store .* is damaged: \d+ tables? of it, such as .*\/store\//,
      );
      await expect(open()).rejects.toMatchObject({ code: "damaged" }); // nor the second time
      fs.cpSync(join(whole, file), join(dataDir, file));
      const back = await open();
      expect((await partsOf(back, "CommentFeedback")).filter(({ active }) => active)).toHaveLength(
        1,
      );
      await back.close();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
});
