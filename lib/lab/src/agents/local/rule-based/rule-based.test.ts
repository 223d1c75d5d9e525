import { tasks } from "babyai";
import fc from "fast-check";
import { player } from "../../../../../../bench/rule-based";
import type { Observation, Sighting } from "../reading/observation";
import { actions, type Prompt } from "../reading/prompt";
import { colors, kinds, type Thing } from "../reading/things";
import { decide } from "./rule-based";

// Seeds that need most: those of bench/rule-based.ts with the longest episodes, and a run of others.
const seeds = [1034, 1052, 1063, 1084, 1130, 1, 2, 3];

test.each([
  ["rule_based_history", 0],
  ["rule_based_history", 8],
])("%s solves every task within 40 steps, %d distractors", async (variant, numDists) => {
  const play = await player(variant, 8, { numDists });
  for (const task of tasks) {
    for (const seed of seeds) {
      const { success, steps } = await play(task, seed);
      expect({ task, seed, success, quick: steps <= 40 }).toEqual({
        task,
        seed,
        success: true,
        quick: true,
      });
    }
  }
});

test("rule_based solves without any memory what needs none", async () => {
  const play = await player("rule_based");
  for (const task of tasks) expect(await play(task, 1000)).toMatchObject({ success: true });
});

const thing: fc.Arbitrary<Thing> = fc.record(
  {
    kind: fc.constantFrom(...kinds),
    color: fc.constantFrom(...colors),
    state: fc.constantFrom("open", "closed", "locked"),
  },
  { requiredKeys: ["kind", "color"] },
);
const sighting: fc.Arbitrary<Sighting> = fc
  .tuple(thing, fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 6 }))
  .filter(([, right, forward]) => right !== 0 || forward !== 0)
  .map(([it, right, forward]) => ({ ...it, right, forward }));
const observation: fc.Arbitrary<Observation> = fc.record(
  {
    carrying: thing,
    walls: fc.record(
      {
        forward: fc.integer({ min: 1, max: 6 }),
        left: fc.integer({ min: 1, max: 3 }),
        right: fc.integer({ min: 1, max: 3 }),
      },
      { requiredKeys: [] },
    ),
    sightings: fc.array(sighting, { maxLength: 10 }),
  },
  { requiredKeys: ["walls", "sightings"] },
);
const prompt: fc.Arbitrary<Prompt> = fc.record(
  {
    mission: fc.oneof(
      fc.record({ kind: fc.constant("go to" as const), target: thing }),
      fc.record({ kind: fc.constant("pick up" as const), target: thing }),
      fc.record({
        kind: fc.constant("open" as const),
        door: fc.constant({ kind: "door" as const }),
      }),
      fc.record({ kind: fc.constant("put next to" as const), move: thing, fixed: thing }),
      fc.record({ kind: fc.constant("pick up then go to" as const), pickUp: thing, goTo: thing }),
    ),
    observation,
    turns: fc.array(fc.record({ observation, action: fc.constantFrom(...actions) }), {
      maxLength: 12,
    }),
    wantsThinking: fc.boolean(),
    asks: fc.constant("JSON" as const),
  },
  { requiredKeys: ["mission", "observation", "wantsThinking", "asks"] },
);

test("answers any readable prompt, even one that contradicts itself, always alike, and explains it", () => {
  fc.assert(
    fc.property(prompt, (it) => {
      const decision = decide(it);
      expect(actions).toContain(decision.action);
      expect(decision.thinking).toMatch(/^I .+\.$/);
      expect(decide(it)).toEqual(decision);
    }),
    { numRuns: 200 },
  );
});
