import { isUuid, timeOf, uuidv7, validateEpisodeId } from "./ids";

test("UUIDv7: the time, in order, no two alike, accepted by our own check", () => {
  const before = Date.now();
  const ids = Array.from({ length: 20_000 }, () => uuidv7());
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort().join()).toBe(ids.join());
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  expect(ids.every((id) => form.test(id))).toBe(true);
  expect(ids.every(isUuid)).toBe(true);
  expect(timeOf(ids[0] ?? "")).toBeGreaterThanOrEqual(before);
  // 20,000 at once are ahead of the clock by some milliseconds at most, never by a second that the check would see.
  expect(timeOf(ids.at(-1) ?? "") - Date.now()).toBeLessThan(100);
  expect(() => validateEpisodeId(ids[0] ?? "")).not.toThrow();
});
