import { drawVariant, episodeFraction } from "./sampling";

const FOUR = new Set(["baseline", "history", "history_and_reasoning", "reasoning"]);

test.each([
  ["0196374b-04a3-7013-9049-e59ed5fe3f74", 0.184762309, "baseline"],
  ["01900000-0000-7000-8000-000000000000", 0.833915954, "reasoning"],
  ["01900000-0000-7000-8000-000000000001", 0.529268957, "history_and_reasoning"],
  ["01900000-0000-7000-8000-000000000002", 0.687292851, "history_and_reasoning"],
])("episode %s of act draws by %f: %s", (episode, fraction, variant) => {
  expect(episodeFraction("act", episode)).toBeCloseTo(fraction, 8);
  expect(drawVariant({ type: "uniform" }, FOUR, fraction)).toBe(variant);
});

test("weights: cumulative in the order of names, of those still active; then the fallbacks", () => {
  const sampling = {
    type: "static" as const,
    candidates: new Map([
      ["b", 3],
      ["a", 1],
      ["never", 0],
    ]),
    fallbacks: ["z", "y"],
  };
  const all = new Set(["a", "b", "never", "y", "z"]);
  expect(drawVariant(sampling, all, 0.24)).toBe("a");
  expect(drawVariant(sampling, all, 0.25)).toBe("b");
  expect(drawVariant(sampling, new Set(["a", "y", "z"]), 0.99)).toBe("a");
  expect(drawVariant(sampling, new Set(["never", "y", "z"]), 0.5)).toBe("z");
  expect(drawVariant(sampling, new Set(["never"]), 0.5)).toBeUndefined();
});
