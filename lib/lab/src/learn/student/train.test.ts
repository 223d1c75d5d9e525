import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { make, solve, tasks } from "babyai";
import fc from "fast-check";
import {
  decodeStudent,
  encodeStudent,
  readStudent,
  type StudentWeights,
  StudentWeightsError,
  writeStudent,
} from "../../agents/local/student/weights";
import { studentModel } from "../../agents/local/student-model";
import { isActionName } from "../../agents/parse";
import { actArguments, type PastTurn } from "../../agents/prompt";
import type { ExampleEpisode } from "../examples";
import type { Example } from "../render";
import { TrainingError, type TrainOptions, trainStudent } from "./train";

const folder = mkdtempSync(join(tmpdir(), "student-"));
afterAll(() => rmSync(folder, { recursive: true }));

const messages = (mission: string, observation: string, history: string) => [
  { role: "system", content: `Your mission: ${mission}.` },
  {
    role: "user",
    content: `${history}\n\nCurrent observation:\n${observation}\n\nYour action, as JSON:`,
  },
];

/** The expert's play, as lab.examples would give it. */
function expertEpisode(task: string, seed: number): ExampleEpisode {
  function* examples(): Generator<Example> {
    const env = make(task);
    let { observation } = env.reset({ seed });
    const past: PastTurn[] = [];
    for (const action of solve(task, seed) ?? []) {
      const { system, user } = actArguments(env.mission, observation.text, past, 8);
      const prompt = messages(system.mission, user.observation, user.history);
      yield { prompt, action } as unknown as Example;
      past.push({ observation: observation.text, action });
      ({ observation } = env.step(action));
    }
  }
  return { task, seed, examples } as unknown as ExampleEpisode;
}

const [goto] = tasks as unknown as [string];
const episodes = Array.from({ length: 40 }, (_, i) => expertEpisode(goto, 100_000 + i));
const small: TrainOptions = { epochs: 6, width: 16, threads: 1 };
let student: StudentWeights;
beforeAll(async () => {
  student = await trainStudent(episodes, small);
});

test("the same examples and seed give the same weights, with one thread or two", async () => {
  const two = await trainStudent(episodes, { ...small, threads: 2 });
  expect(Buffer.from(two.weights.buffer).equals(Buffer.from(student.weights.buffer))).toBe(true);
  const other = await trainStudent(episodes, { ...small, seed: 2 });
  expect(other.weights).not.toEqual(student.weights);
});

test("a training that was stopped goes on, to the same weights; with other options it does not", async () => {
  const checkpoint = join(folder, "new", "training.bin");
  const stop = new AbortController();
  const stopped = trainStudent(episodes, {
    ...{ ...small, checkpoint, signal: stop.signal },
    threads: 2,
  });
  stop.abort();
  await expect(stopped).rejects.toThrow(/Stopped at step \d+ of 6; the state is in .*training.bin/);
  await expect(trainStudent(episodes, { ...small, seed: 2, checkpoint })).rejects.toThrow(
    TrainingError,
  );
  const steps: number[] = [];
  const onProgress = ({ step }: { step: number }) => steps.push(step);
  const wentOn = await trainStudent(episodes, { ...small, checkpoint, onProgress });
  expect(wentOn.weights).toEqual(student.weights);
  expect(steps.at(-1)).toBe(6);
  expect(existsSync(checkpoint)).toBe(false);
});

test("it learns: the loss falls, and what it read is answered as the expert did", async () => {
  const losses: number[] = [];
  const onProgress = ({ loss }: { loss: number }) => losses.push(loss);
  const learned = await trainStudent(episodes, { epochs: 80, width: 32, onProgress });
  expect(losses.at(-1)).toBeLessThan(0.5 * Math.log(6));
  const ask = studentModel(learned, { temperature: 0 });
  const request = { signal: new AbortController().signal };
  const asked = episodes.flatMap((episode) => [...episode.examples()]);
  const right = asked.filter(
    ({ prompt, action }) => ask(prompt, request) === JSON.stringify({ action }),
  );
  expect(right.length / asked.length).toBeGreaterThan(0.8);
});

test("wrong options and no examples are refused", async () => {
  await expect(trainStudent([])).rejects.toThrow("There is no example to learn from");
  await expect(trainStudent(episodes, { epochs: 0 })).rejects.toThrow("epochs is 0");
  await expect(trainStudent(episodes, { width: 20 })).rejects.toThrow("width / 16 is 1.25");
});

test("a file gives back what was written; a damaged one is refused", async () => {
  const path = join(folder, "student.bin");
  await writeStudent(path, student);
  expect(await readStudent(path)).toEqual(student);
  const bytes = readFileSync(path);
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ change;
      expect(() => decodeStudent(damaged, path)).toThrow(StudentWeightsError);
      expect(() => decodeStudent(bytes.subarray(0, at), path)).toThrow(StudentWeightsError);
    }),
    { numRuns: 20 },
  );
  const notFinite = { ...student, weights: student.weights.map(() => Number.NaN) };
  expect(() => decodeStudent(encodeStudent(notFinite), path)).toThrow("0 finite numbers");
  writeFileSync(path, "");
  await expect(readStudent(path)).rejects.toThrow(`${path} cannot be read`);
});

test("any text with a mission and an observation is answered, always alike", () => {
  const text = fc.string({ unit: "binary", maxLength: 200 });
  const request = { signal: new AbortController().signal };
  fc.assert(
    fc.property(text, text, text, fc.constantFrom(0, 1), (mission, saw, history, temperature) => {
      const prompt = messages(`x${mission}`, `x${saw}`, history);
      const ask = () => studentModel(student, { temperature })(prompt, request) as string;
      expect(isActionName(JSON.parse(ask()).action)).toBe(true);
      expect(ask()).toBe(ask());
    }),
    { numRuns: 30 },
  );
});

test("with a temperature actions are drawn by their probability", () => {
  for (const temperature of [-1, Number.NaN, Number.POSITIVE_INFINITY])
    expect(() => studentModel(student, { temperature })).toThrow(`temperature is ${temperature}`);
  const { prompt } = [...(episodes[0] as ExampleEpisode).examples()][0] as Example;
  const drawn = Array.from({ length: 300 }, (_, seed) =>
    studentModel(student, { temperature: 20, seed })(prompt, {
      signal: new AbortController().signal,
    }),
  );
  expect(new Set(drawn).size).toBe(6);
});
