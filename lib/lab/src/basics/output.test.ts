import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OutputError, withOutput } from "./output";

const folder = mkdtempSync(join(tmpdir(), "output-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("the path is tried before the work, and what stands there stays", async () => {
  const file = join(folder, "there.csv");
  writeFileSync(file, "old");
  const work = jest.fn();
  for (const path of [join(file, "below.csv"), folder, "/proc/none/x.csv"]) {
    await expect(withOutput(path, work)).rejects.toThrow(OutputError);
    await expect(withOutput(path, work)).rejects.toThrow(path);
  }
  expect(work).not.toHaveBeenCalled();
  await withOutput(file, work);
  expect(work).toHaveBeenCalledTimes(1);
  expect(readdirSync(folder)).toEqual(["there.csv"]);
});

test("folders are made for it, and go where nothing comes of the work", async () => {
  const path = join(folder, "a", "b", "c.csv");
  await expect(
    withOutput(path, async () => {
      expect(existsSync(join(folder, "a", "b"))).toBe(true);
      throw new Error("no run");
    }),
  ).rejects.toThrow("no run");
  expect(existsSync(join(folder, "a"))).toBe(false);
  await withOutput(path, async () => writeFileSync(path, "rows"));
  expect(existsSync(path)).toBe(true);
});
