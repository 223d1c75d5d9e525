import fc from "fast-check";
import { Recent } from "./recent";

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test("an entry stays for the next maxEntries, and is gone after twice as many", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 0, max: 40 }),
      (maxEntries, later) => {
        const recent = new Recent<number>({ maxEntries });
        for (let i = 0; i <= later; i++) recent.set(String(i), i);
        const age = (i: number) => later - i;
        for (let i = 0; i <= later; i++) {
          if (age(i) <= maxEntries) expect(recent.get(String(i))).toBe(i);
          if (age(i) >= 2 * maxEntries) expect(recent.get(String(i))).toBeUndefined();
        }
      },
    ),
  );
});

test("an entry stays for ms, and is gone after twice as long", () => {
  const recent = new Recent<string>({ ms: 1000 });
  recent.set("a", "first");
  jest.advanceTimersByTime(1000);
  recent.set("b", "second");
  expect([recent.get("a"), recent.get("b")]).toEqual(["first", "second"]);
  jest.advanceTimersByTime(999);
  recent.set("c", "third");
  expect(recent.get("a")).toBe("first");
  jest.advanceTimersByTime(1);
  recent.set("d", "fourth");
  expect(["a", "b", "c", "d"].map((key) => recent.get(key))).toEqual([
    undefined,
    "second",
    "third",
    "fourth",
  ]);
});

test("the latest entry of a key counts", () => {
  const recent = new Recent<string>({ maxEntries: 1 });
  recent.set("a", "old");
  recent.set("a", "new");
  expect(recent.get("a")).toBe("new");
});
