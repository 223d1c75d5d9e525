import {
  type ActionName,
  actions,
  InvalidActionError,
  InvalidSeedError,
  make,
  solve,
  tasks,
} from "babyai";
import { seeker } from "../../examples/seeker";
import { expertAgent } from "./expert-agent";
import { type Agent, type PlayedTurn, play } from "./play";
import { randomAgent } from "./random-agent";

const [goto = ""] = tasks;

async function turnsOf(agent: Agent, seed: number, task = goto): Promise<PlayedTurn[]> {
  const turns: PlayedTurn[] = [];
  for await (const turn of play(make(task), agent, { seed })) turns.push(turn);
  return turns;
}
const actionsOf = (turns: readonly PlayedTurn[]) => turns.map(({ decision }) => decision.action);

test("the expert solves the five tasks", async () => {
  for (const task of tasks) {
    for (const seed of [200, 201, 202]) {
      const env = make(task);
      const turns: PlayedTurn[] = [];
      for await (const turn of play(env, expertAgent(env), { seed })) turns.push(turn);
      expect(actionsOf(turns)).toEqual(solve(task, seed));
      expect(turns.at(-1)).toMatchObject({ terminated: true, reward: env.reward });
      expect(env.reward).toBeGreaterThan(0);
    }
  }
});

test("a turn is what the environment showed, with all that was before", async () => {
  const turns = await turnsOf(randomAgent(3), 200);
  const env = make(goto);
  let { observation } = env.reset({ seed: 200 });
  for (const [step, turn] of turns.entries()) {
    expect(turn).toMatchObject({ step, mission: env.mission });
    expect(turn.observation.text).toBe(observation.text);
    expect(turn.observation.image).toEqual(observation.image);
    expect(turn.past).toEqual(
      turns
        .slice(0, step)
        .map(({ observation: { text }, decision: { action } }) => ({ observation: text, action })),
    );
    const next = env.step(turn.decision.action);
    ({ observation } = next);
    expect(turn).toMatchObject({
      reward: next.reward,
      terminated: next.terminated,
      truncated: next.truncated,
    });
  }
  expect(env.terminated || env.truncated).toBe(true);
});

test("random play is the same by seed, and differs from seed to seed and from episode to episode", async () => {
  const agent = randomAgent(7);
  const first = actionsOf(await turnsOf(agent, 200));
  const second = actionsOf(await turnsOf(agent, 200));
  expect(actionsOf(await turnsOf(randomAgent(7), 200))).toEqual(first);
  expect(second).not.toEqual(first);
  expect(actionsOf(await turnsOf(randomAgent(8), 200))).not.toEqual(first);
  expect(new Set([...first, ...second])).toEqual(new Set(actions));
  expect(() => randomAgent(-1)).toThrow(InvalidSeedError);
});

/** Never gets there, and counts how often it is asked. */
class Turner implements Agent {
  asked = 0;
  async act() {
    this.asked += 1;
    return { action: "turn left" as const };
  }
}

test("breaking out ends the episode", async () => {
  const env = make(goto);
  const agent = new Turner();
  for await (const { step } of play(env, agent, { seed: 200 })) if (step === 2) break;
  expect([agent.asked, env.stepCount]).toEqual([3, 3]);
});

test("after an abort the agent is not asked again", async () => {
  const stop = new AbortController();
  const agent = new Turner();
  const loop = async () => {
    for await (const { step } of play(make(goto), agent, { seed: 200, signal: stop.signal })) {
      if (step === 2) stop.abort(new Error("enough"));
    }
  };
  await expect(loop).rejects.toThrow("enough");
  expect(agent.asked).toBe(3);
  await expect(loop).rejects.toThrow("enough");
  expect(agent.asked).toBe(3);
});

test("an endless loop of its own lets others take their turn", async () => {
  const stop = new AbortController();
  const env = make(goto, { maxSteps: 1e9 });
  setTimeout(() => stop.abort(new Error("time is up")), 50);
  const loop = async () => {
    for await (const _ of play(env, new Turner(), { seed: 200, signal: stop.signal }));
  };
  await expect(loop).rejects.toThrow("time is up");
});

test("the episode has begun when play returns; a wrong seed or action is an error", async () => {
  const env = make(goto);
  expect(() => play(env, new Turner(), { seed: -1 })).toThrow(InvalidSeedError);
  const turns = play(env, { act: async () => ({ action: "fly" as ActionName }) }, { seed: 200 });
  expect([env.mission, env.maxSteps]).toEqual(["go to the blue ball", 64]);
  await expect(turns.next()).rejects.toThrow(InvalidActionError);
  await expect(turnsOf({ act: () => Promise.reject(new Error("no model")) }, 200)).rejects.toThrow(
    "no model",
  );
});

test("the example's agent, one file, solves goto, where random play solves 4 of 20", async () => {
  const solved = async (agent: (seed: number) => Agent) => {
    let count = 0;
    for (let seed = 200; seed < 220; seed++)
      count += Number((await turnsOf(agent(seed), seed)).at(-1)?.terminated);
    return count;
  };
  expect(await solved(() => seeker)).toBe(20);
  expect(await solved(randomAgent)).toBe(4);
});
