import fc from "fast-check";
import type { World } from "../../queries/runs/run-state";
import {
  countOf,
  describeWorlds,
  gridOf,
  inTurn,
  together,
  without,
  worldsOf,
  worldsOfGrid,
} from "./worlds";

const world = fc.record({ task: fc.constantFrom("a", "b", "c"), seed: fc.nat(9) });
const list = fc.uniqueArray(world, { selector: ({ task, seed }) => `${task} ${seed}` });
const names = (worlds: Iterable<World>) =>
  [...worlds].map(({ task, seed }) => `${task} ${seed}`).sort();

test("a list of worlds comes back whole, the tasks in turn", () => {
  fc.assert(
    fc.property(list, (given) => {
      const played = [...inTurn(worldsOf(given))];
      expect(names(played)).toEqual(names(given));
      // However far a run gets, no task is two ahead of another that has worlds left.
      for (let n = 1; n <= played.length; n++) {
        const begun = (task: string, of: readonly World[]) =>
          of.filter((world) => world.task === task).length;
        const open = ["a", "b", "c"].filter(
          (task) => begun(task, played.slice(0, n)) < begun(task, given),
        );
        const most = Math.max(...["a", "b", "c"].map((task) => begun(task, played.slice(0, n))));
        for (const task of open)
          expect(most - begun(task, played.slice(0, n))).toBeLessThanOrEqual(1);
      }
    }),
  );
});

test("together and without are union and difference", () => {
  fc.assert(
    fc.property(list, list, (a, b) => {
      const [left, right] = [worldsOf(a), worldsOf(b)];
      const union = new Set([...names(a), ...names(b)]);
      expect(names(inTurn(together(left, right)))).toEqual([...union].sort());
      expect(countOf(together(left, right))).toBe(union.size);
      const rest = names(a).filter((name) => !names(b).includes(name));
      expect(names(inTurn(without(left, right)))).toEqual(rest);
    }),
  );
});

test("a grid is known again, and each kind has its words", () => {
  const grid = { tasks: ["a", "b"], seed: 200, episodes: 20 };
  expect(gridOf(worldsOfGrid(grid))).toEqual(grid);
  expect(describeWorlds(worldsOfGrid(grid))).toBe("2 tasks × seeds 200 to 219");
  expect(describeWorlds(worldsOfGrid({ ...grid, tasks: ["a"], episodes: 1 }))).toBe(
    "1 task × seed 200",
  );
  const listed = together(worldsOfGrid(grid), worldsOf([{ task: "a", seed: 7 }]));
  expect(gridOf(listed)).toBeNull();
  expect(describeWorlds(listed)).toBe("41 worlds of 2 tasks");
});
