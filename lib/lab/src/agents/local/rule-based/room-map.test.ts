import { type Env, make, actions as names, tasks } from "babyai";
import fc from "fast-check";
import { type Observation, parseObservation } from "../reading/observation";
import type { Action, ReadTurn } from "../reading/prompt";
import { type Cell, RoomMap } from "./room-map";

// Grid.encode() of the environment: types and colors by number.
const typeNumbers = { door: 4, key: 5, ball: 6, box: 7 };
const colorNumbers = { red: 0, green: 1, blue: 2, purple: 3, yellow: 4, grey: 5 };

test("positions, things and walls agree with the world after any play", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...tasks),
      fc.nat(10_000),
      fc.constantFrom(0, 8),
      fc.array(fc.constantFrom<Action>(...names, "go forward", "go forward"), { maxLength: 60 }),
      (task, seed, numDists, played) => {
        const env = make(task, { numDists });
        let { observation } = env.reset({ seed });
        const origin = { x: env.agentPos[0], y: env.agentPos[1], dir: env.agentDir };
        const turns: ReadTurn[] = [];
        for (const action of played) {
          turns.push({ observation: parseObservation(observation.text), action });
          const step = env.step(action);
          observation = step.observation;
          if (step.terminated) break;
        }
        const now: Observation = parseObservation(observation.text);
        const map = new RoomMap(turns, now);

        // The map's y axis is the agent's first direction; the environment's y axis points down.
        const toWorld = ({ x, y }: Cell): [number, number] => {
          const ahead = { x: [1, 0, -1, 0][origin.dir]!, y: [0, 1, 0, -1][origin.dir]! };
          return [origin.x + ahead.x * y - ahead.y * x, origin.y + ahead.y * y + ahead.x * x];
        };
        expect(toWorld(map.pose)).toEqual([env.agentPos[0], env.agentPos[1]]);
        expect((origin.dir + map.pose.dir) % 4).toBe(env.agentDir);
        for (const thing of map.things()) {
          expect(cellOf(env, toWorld(thing)).slice(0, 2)).toEqual([
            typeNumbers[thing.kind],
            colorNumbers[thing.color],
          ]);
        }
      },
    ),
    { numRuns: 300 },
  );
});

function cellOf(env: Env, [x, y]: [number, number]): number[] {
  return Array.from(env.encode().subarray((x * env.height + y) * 3, (x * env.height + y) * 3 + 3));
}

test("a wall not seen is taken to be a standard room's width from the one opposite", () => {
  const map = new RoomMap([], parseObservation("a wall 2 steps left\na wall 3 steps forward"));
  expect(map.bounds()).toEqual({ minX: -1, maxX: 4, minY: -3, maxY: 2 });
});
