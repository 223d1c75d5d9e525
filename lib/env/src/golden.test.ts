import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { type Env, type EnvOptions, make } from "./index";
import type { ObjectDescription } from "./missions/descriptions";
import type { AnyInstruction } from "./missions/instructions";
import { COLOR_INDEX, COLORS, TYPE_INDEX, TYPES, type WorldObject } from "./world/objects";
import { Pcg64 } from "./world/random";

/** Traces of the Python reference; their fields are described in golden/README.md. */
interface TraceStep {
  action: number;
  obs_text: string;
  image?: string;
  reward: number;
  terminated: boolean;
  truncated: boolean;
  agent_pos: number[];
  agent_dir: number;
  carrying: number[] | null;
}
interface TraceDescription {
  type: string | null;
  color: string | null;
  loc: string | null;
  poss: number[][];
}
interface TraceInstruction {
  kind: string;
  strict: boolean;
  desc?: TraceDescription;
  move?: TraceDescription;
  fixed?: TraceDescription;
  a?: TraceInstruction;
  b?: TraceInstruction;
}
interface Trace {
  env_id: string;
  task: string | null;
  num_dists: number | null;
  seed: number;
  policy: string;
  mission: string;
  max_steps: number;
  width: number;
  height: number;
  agent_pos: number[];
  agent_dir: number;
  carrying: number[] | null;
  grid: number[][];
  contains?: [number, number, number[]][];
  instr: TraceInstruction;
  rng: { state: string; inc: string; has_uint32: number; uinteger: number };
  obs_text: string;
  image?: string;
  steps: TraceStep[];
  final_grid: number[][];
}

function read(name: string): string {
  return gunzipSync(readFileSync(join(__dirname, "golden", name))).toString("utf8");
}

const triple = (object: WorldObject | null): string =>
  object === null ? "null" : `${TYPE_INDEX[object.type]},${COLOR_INDEX[object.color]},0`;
const hex = (image: Uint8Array): string => image.join("");

function gridOf(env: Env): string {
  return env.encode().join(",");
}

function targetOf(env: Env, target: ObjectDescription): string {
  const { grid } = env.world;
  const places = target.cells.map((cell) => [grid.x(cell), grid.y(cell)]);
  return JSON.stringify({
    type: target.type === null ? null : TYPES[target.type],
    color: target.color === null ? null : COLORS[target.color],
    loc: target.location,
    poss: places.sort(([ax, ay], [bx, by]) => ax! - bx! || ay! - by!),
  });
}

function treeOf(env: Env, instruction: AnyInstruction): string {
  switch (instruction.kind) {
    case "GoTo":
      return `GoToInstr false ${targetOf(env, instruction.target)}`;
    case "Open":
      return `OpenInstr ${instruction.strict} ${targetOf(env, instruction.target)}`;
    case "PickUp":
      return `PickupInstr ${instruction.strict} ${targetOf(env, instruction.target)}`;
    case "PutNext":
      return `PutNextInstr false ${targetOf(env, instruction.move)} ${targetOf(env, instruction.fixed)}`;
    default:
      return `${instruction.kind}Instr (${treeOf(env, instruction.a)}) (${treeOf(env, instruction.b)})`;
  }
}

function expectedTree(instruction: TraceInstruction, grid: number[][], height: number): string {
  const text = ({ type, color, loc, poss }: TraceDescription) =>
    JSON.stringify({
      type,
      color,
      loc,
      // A description without a type fits grey walls in the reference; here it does in words only.
      poss: poss.filter(([x, y]) => grid[x! * height + y!]![0] !== 2),
    });
  const { kind, strict, desc, move, fixed, a, b } = instruction;
  if (desc) return `${kind} ${strict ?? false} ${text(desc)}`;
  if (move && fixed) return `${kind} ${strict ?? false} ${text(move)} ${text(fixed)}`;
  return `${kind} (${expectedTree(a!, grid, height)}) (${expectedTree(b!, grid, height)})`;
}

/** Replays a trace and returns the first difference, or null. */
function difference(trace: Trace): string | null {
  const env =
    trace.task === null
      ? make(trace.env_id)
      : make(`${trace.env_id}/${trace.task}`, { numDists: trace.num_dists! });
  const { observation } = env.reset({ seed: trace.seed });
  const failures: string[] = [];
  const check = (what: string, got: unknown, expected: unknown): void => {
    if (got !== expected) failures.push(`${what}: ${String(got)} instead of ${String(expected)}`);
  };
  const position = env.world.random.position;
  check("mission", env.mission, trace.mission);
  check("observation.mission", observation.mission, trace.mission);
  check("max_steps", env.maxSteps, trace.max_steps);
  check("width", env.width, trace.width);
  check("height", env.height, trace.height);
  check("agent_pos", String(env.agentPos), String(trace.agent_pos));
  check("agent_dir", env.agentDir, trace.agent_dir);
  check("observation.direction", observation.direction, trace.agent_dir);
  check("carrying", triple(env.carrying), String(trace.carrying));
  check("grid", gridOf(env), trace.grid.flat().join(","));
  check(
    "instruction",
    treeOf(env, env.instruction),
    expectedTree(trace.instr, trace.grid, trace.height),
  );
  check("rng state", String(position.state), trace.rng.state);
  check("rng inc", String(position.inc), trace.rng.inc);
  check("rng has_uint32", position.hasUint32, trace.rng.has_uint32);
  if (trace.rng.has_uint32) check("rng uinteger", position.uinteger, trace.rng.uinteger);
  check("text", observation.text, trace.obs_text);
  if (trace.image !== undefined) check("image", hex(observation.image), trace.image);
  for (const [x, y, inside] of trace.contains ?? []) {
    const { grid } = env.world;
    const box = grid.describe(grid.idAt(grid.cell(x, y)));
    check("contains", triple(box.contains ?? null), String(inside));
  }
  for (const [i, step] of trace.steps.entries()) {
    const result = env.step(step.action);
    check(`step ${i} text`, result.observation.text, step.obs_text);
    if (step.image !== undefined)
      check(`step ${i} image`, hex(result.observation.image), step.image);
    check(`step ${i} reward`, result.reward, step.reward);
    check(`step ${i} terminated`, result.terminated, step.terminated);
    check(`step ${i} truncated`, result.truncated, step.truncated);
    check(`step ${i} agent_pos`, String(env.agentPos), String(step.agent_pos));
    check(`step ${i} agent_dir`, env.agentDir, step.agent_dir);
    check(`step ${i} carrying`, triple(env.carrying), String(step.carrying));
    if (failures.length > 0) break;
  }
  check("final grid", gridOf(env), trace.final_grid.flat().join(","));
  check("rng at the end", String(env.world.random.position.state), trace.rng.state);
  return failures.length === 0
    ? null
    : `${trace.env_id} ${trace.task} ${trace.policy} seed ${trace.seed}: ${failures[0]}`;
}

describe("traces of the Python reference", () => {
  test.each([
    ["public.jsonl.gz", 500],
    ["distractors.jsonl.gz", 200],
    ["edge.jsonl.gz", 849],
    ["allbabyai.jsonl.gz", 530],
  ])("%s replays without a difference", (name, episodes) => {
    const traces = read(name)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Trace);
    expect(traces).toHaveLength(episodes);
    expect(traces.map(difference).filter((text) => text !== null)).toEqual([]);
  });
});

/** Episodes of an id with one option other than its default, from seed 0 on. */
interface OptionTrace {
  id: string;
  options: EnvOptions;
  episodes: [
    mission: string,
    maxSteps: number,
    width: number,
    height: number,
    agentPos: [number, number],
    agentDir: number,
    /** First twelve digits of the MD5 sum of Grid.encode(). */
    grid: string,
  ][];
}

test("483 settings of the reference's keyword options give its 1,932 episodes", () => {
  const traces = read("options.jsonl.gz")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as OptionTrace);
  expect(traces).toHaveLength(483);
  expect(traces.flatMap(({ episodes }) => episodes)).toHaveLength(1932);
  for (const { id, options, episodes } of traces) {
    const env = make(id, options);
    const played = episodes.map((_, seed) => {
      env.reset({ seed });
      const grid = createHash("md5").update(env.encode()).digest("hex").slice(0, 12);
      return [env.mission, env.maxSteps, env.width, env.height, env.agentPos, env.agentDir, grid];
    });
    expect([id, options, played]).toEqual([id, options, episodes]);
  }
});

interface RandomTrace {
  pcg64_initial: { state: string; inc: string };
  raw: string[];
  integers: Record<string, (number | string)[]>;
  integers_3_10: number[];
  random: number[];
  mixed: [
    ["integers", number, number] | ["random"] | ["uniform", number, number],
    string | number,
  ][];
  mixed_end: { state: string; has_uint32: number; uinteger: number };
}

describe("NumPy's random numbers", () => {
  const { seeds } = JSON.parse(read("rng.json.gz")) as { seeds: Record<string, RandomTrace> };

  /** An integer below `end`, as text, drawn as Generator.integers(0, end) does. */
  const draw = (random: Pcg64, end: bigint): string =>
    end <= 2n ** 32n ? String(random.integers(0, Number(end))) : String(random.integers64(end));

  test.each(Object.keys(seeds))("seed %s", (seed) => {
    const trace = seeds[seed]!;
    const fresh = () => new Pcg64(BigInt(seed));
    expect(String(fresh().position.state)).toBe(trace.pcg64_initial.state);
    expect(String(fresh().position.inc)).toBe(trace.pcg64_initial.inc);
    const raw = fresh();
    expect(trace.raw.map(() => String(raw.next64()))).toEqual(trace.raw);
    for (const [end, expected] of Object.entries(trace.integers)) {
      const random = fresh();
      expect(expected.map(() => draw(random, BigInt(end)))).toEqual(expected.map(String));
    }
    const shifted = fresh();
    expect(trace.integers_3_10.map(() => shifted.integers(3, 10))).toEqual(trace.integers_3_10);
    const uniform = fresh();
    expect(trace.random.map(() => uniform.random())).toEqual(trace.random);
    const mixed = fresh();
    for (const [[kind, low, high], expected] of trace.mixed) {
      if (kind === "integers") {
        expect(low).toBe(0);
        expect(draw(mixed, BigInt(high!))).toBe(expected);
      } else {
        expect(mixed.random()).toBe(expected);
        if (kind === "uniform") expect([low, high]).toEqual([0, 1]);
      }
    }
    expect(String(mixed.position.state)).toBe(trace.mixed_end.state);
    expect(mixed.position.hasUint32).toBe(trace.mixed_end.has_uint32);
  });
});
