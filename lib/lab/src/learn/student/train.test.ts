import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { make, solve, tasks } from "babyai";
import fc from "fast-check";
import {
  decodeNumbers,
  decodeStudent,
  encodeNumbers,
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
  const file = readFileSync(checkpoint);
  const { head, numbers } = decodeNumbers<object>(file, "babyai-training 1", checkpoint);
  for (const [step, kept] of [
    [7, numbers],
    [null, numbers],
    [1, numbers.slice(1)],
  ] as const) {
    writeFileSync(checkpoint, encodeNumbers("babyai-training 1", { ...head, step }, kept));
    await expect(trainStudent(episodes, { ...small, checkpoint })).rejects.toThrow(
      StudentWeightsError,
    );
  }
  writeFileSync(checkpoint, file);
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
  for (const width of [20, 0, 131_072, Number.NaN, "32" as never])
    await expect(trainStudent(episodes, { width })).rejects.toThrow(
      `width is ${width}: it must be a multiple of 16, from 16 to 1024`,
    );
  const epoch = { epoch: 3 } as TrainOptions;
  await expect(trainStudent(episodes, epoch)).rejects.toThrow('Did you mean "epochs"');
  for (const nothing of [undefined, { train: episodes }])
    await expect(trainStudent(nothing as never)).rejects.toThrow(TrainingError);
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

test("a file whose head is not a student's is refused, though its hash is right", () => {
  const { weights, widths, vocabulary, card } = student;
  const head = { widths, vocabulary, card };
  const twice = [...vocabulary.turns.slice(1), vocabulary.turns.at(-1)];
  for (const [change, why] of [
    [{ widths: undefined }, "widths.line is missing: it must be a multiple of 16"],
    [{ widths: null }, "widths.line is missing"],
    [{ widths: { ...widths, head: 24 } }, "widths.head is 24: it must be a multiple of 16"],
    [{ widths: { ...widths, line: "16" } }, 'widths.line is "16"'],
    [{ widths: { ...widths, memory: 131_072 } }, "widths.memory is 131072"],
    [{ widths: { ...widths, memory: 32 } }, "its network has"],
    [{ vocabulary: [] }, "vocabulary.lines is missing: it must be a list of texts"],
    [{ vocabulary: { ...vocabulary, lines: [1] } }, "vocabulary.lines is [1]"],
    [{ vocabulary: { ...vocabulary, turns: twice } }, `has ${JSON.stringify(twice.at(-1))} twice`],
    [{ card: "good" }, 'card is "good": it must be an object'],
  ] as const) {
    const file = encodeNumbers("babyai-student 1", { ...head, ...change }, weights);
    expect(() => decodeStudent(file, "x.bin")).toThrow(StudentWeightsError);
    expect(() => decodeStudent(file, "x.bin")).toThrow(why);
  }
  const signed = (content: Buffer) =>
    Buffer.concat([content, createHash("sha256").update(content).digest()]);
  const whole = encodeStudent(student).subarray(0, -32);
  const broken = Buffer.from(whole);
  broken[whole.indexOf("\n") - 1] = 0x2c; // its last brace
  expect(() => decodeStudent(signed(broken), "x.bin")).toThrow("its first line is no JSON");
  for (const cut of [whole.subarray(0, 30), whole.subarray(0, -1)])
    expect(() => decodeStudent(signed(cut), "x.bin")).toThrow("numbers of 4 bytes each");
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
