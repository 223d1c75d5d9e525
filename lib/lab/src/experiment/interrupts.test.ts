import { interruptible } from "./interrupts";

test("the first interrupt drains, its echo does nothing, the second stops; other listeners wait", async () => {
  const other = jest.fn();
  process.on("SIGINT", other);
  const told = jest.fn();
  let now = 0;
  const clock = jest.spyOn(performance, "now").mockImplementation(() => now);
  const seen: boolean[][] = [];
  const result = await interruptible(async ({ drain, stop }) => {
    const look = () => seen.push([drain.aborted, stop.aborted]);
    look();
    process.emit("SIGINT");
    look();
    now = 300;
    process.emit("SIGINT"); // npm's echo of the same key
    look();
    now = 301;
    process.emit("SIGINT");
    look();
    return "done";
  }, told);
  clock.mockRestore();
  expect(result).toBe("done");
  expect(seen).toEqual([
    [false, false],
    [true, false],
    [true, false],
    [true, true],
  ]);
  expect(told).toHaveBeenCalledTimes(1);
  expect(other).not.toHaveBeenCalled();
  expect(process.listeners("SIGINT")).toContain(other);
  process.off("SIGINT", other);
});

test("work that fails gives the listeners back as well", async () => {
  const before = process.listeners("SIGINT");
  const failing = interruptible(() => Promise.reject(new Error("broken")), jest.fn());
  await expect(failing).rejects.toThrow("broken");
  expect(process.listeners("SIGINT")).toEqual(before);
});
