import { type ActionName, actions, Expert, make, tasks } from "babyai";
import { diagnose } from "./patterns";

const [pickup, open, putnext] = ["pickup", "open", "putnext"].map(
  (name) => tasks.find((task) => task.endsWith(`/${name}`))!,
) as [string, string, string];

const indices = (names: readonly string[]) =>
  names.map((name) => actions.indexOf(name as ActionName));
const find = (task: string, seed: number, names: readonly string[]) =>
  diagnose(task, seed, indices(names)).findings;

/** What the expert does from a reset. */
function expertActions(task: string, seed: number): ActionName[] {
  const env = make(task);
  env.reset({ seed });
  const expert = new Expert(env);
  const taken: ActionName[] = [];
  while (!env.terminated && !env.truncated) {
    taken.push(expert.act());
    env.step(taken.at(-1)!);
  }
  return taken;
}

test.each(tasks)("an expert's episodes show nothing wrong: %s", (task) => {
  for (let seed = 0; seed < 30; seed++) {
    const played = indices(expertActions(task, seed));
    expect(diagnose(task, seed, played)).toEqual({ findings: [], success: true, complete: true });
    expect(diagnose(task, seed, played.slice(0, -1))).toMatchObject({ complete: false });
    expect(diagnose(task, seed, [...played, 0])).toMatchObject({ complete: false });
  }
});

test("actions that change nothing, and answers that are none", () => {
  // In front of the agent is a wall once it has gone forward often enough.
  const forward = Array<string>(8).fill("go forward");
  const walls = find(putnext, 200, forward);
  const first = walls[0]!.step;
  expect(walls).toEqual(
    forward.slice(first).map((_, i) => ({ pattern: "walked into something", step: first + i })),
  );
  const atWall = forward.slice(0, first);
  expect(find(putnext, 200, [...atWall, "pick up"])).toEqual([
    { pattern: "picked up nothing", step: first },
  ]);
  expect(find(putnext, 200, [...atWall, "drop"])).toEqual([
    { pattern: "dropped nothing", step: first },
  ]);
  expect(find(putnext, 200, [...atWall, "toggle"])).toEqual([
    { pattern: "toggled nothing", step: first },
  ]);
  expect(diagnose(putnext, 200, [...indices(atWall), -1]).findings).toEqual([
    { pattern: "invalid answer", step: first },
  ]);
});

test("turning around once is no loop, twice is", () => {
  const turns = (count: number) => Array<string>(count).fill("turn left");
  expect(find(pickup, 200, turns(4))).toEqual([]);
  expect(find(pickup, 200, turns(9)).map(({ step }) => step)).toEqual([7, 8]);
});

test("an object that the mission does not ask to take", () => {
  let wrong = 0;
  for (let seed = 0; seed < 60; seed++) {
    const env = make(putnext);
    env.reset({ seed });
    const played: ActionName[] = [];
    const expected: number[] = [];
    for (let random = seed; !env.terminated && !env.truncated; ) {
      random = (Math.imul(random, 1664525) + 1013904223) >>> 0;
      const before = env.carrying;
      played.push(actions[(random >>> 16) % actions.length]!);
      env.step(played.at(-1)!);
      const { carrying, mission } = env;
      if (before !== null || carrying === null) continue;
      // "put the red ball next to the blue box"
      const isAsked = new RegExp(`^put (a|the) ${carrying.color} ${carrying.type} `).test(mission);
      if (!isAsked) expected.push(played.length - 1);
    }
    const found = find(putnext, seed, played).filter(({ pattern }) => pattern === "wrong object");
    expect(found.map(({ step }) => step)).toEqual(expected);
    wrong += expected.length;
  }
  expect(wrong).toBeGreaterThan(5);
});

test("giving up on the door, and trying it without its key", () => {
  let withoutKey = 0;
  for (let seed = 0; seed < 20; seed++) {
    const env = make(open);
    env.reset({ seed });
    const opening = expertActions(open, seed);
    const before = opening.slice(0, -1); // all but the toggle: the agent stands before the door
    const rest = (action: ActionName) =>
      Array<ActionName>(env.maxSteps - before.length).fill(action);
    const gaveUp = (played: readonly ActionName[]) =>
      find(open, seed, played).filter(({ pattern }) => pattern === "gave up on the door");
    expect(gaveUp([...before, "turn right", ...rest("drop").slice(1)])).toEqual([
      { pattern: "gave up on the door", step: before.length },
    ]);
    expect(gaveUp([...before, ...rest("pick up")])).toEqual([]);
    expect(gaveUp(opening)).toEqual([]);

    for (const action of [...before, "turn right", "drop", "turn left"] as ActionName[]) {
      env.step(action);
    }
    if (env.carrying !== null) continue; // no room for the key there
    withoutKey++;
    expect(find(open, seed, [...before, "turn right", "drop", "turn left", "toggle"])).toEqual([
      { pattern: "locked door without its key", step: before.length + 3 },
    ]);
  }
  expect(withoutKey).toBeGreaterThan(5);
});
