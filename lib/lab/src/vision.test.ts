import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { inflateSync } from "node:zlib";
import { BALL, BOX, COLOR_INDEX, DOOR, type Env, KEY, make, OPEN, solve, tasks } from "babyai";
import { type Observation, parseObservation } from "./agents/local/reading/observation";
import { readPrompt } from "./agents/local/reading/prompt";
import type { Color, DoorState, Kind } from "./agents/local/reading/things";
import { decide } from "./agents/local/rule-based/rule-based";
import { type Lab, openLab } from "./lab";
import { storedEpisode } from "./queries/steps";
import { playerHtml } from "./replay/player";
import { loadReplay, replayStored } from "./replay/replay";

const SIDE = 7;
const TILE = 16;
/** Of the agent, in a view whose rows run from far to near. */
const [AGENT_X, AGENT_Y] = [3, 6];
const [WALL, EMPTY, UNSEEN] = [2, 1, 0];
const KINDS = new Map<number, Kind>([
  [DOOR, "door"],
  [KEY, "key"],
  [BALL, "ball"],
  [BOX, "box"],
]);
const COLORS = Object.entries(COLOR_INDEX).map(([color]) => color as Color);
const STATES: DoorState[] = ["open", "closed", "locked"];

type Cell = readonly [type: number, color: number, state: number];

/** A tile's pixels as text; the agent is drawn over its own cell. */
function tileAt(pixels: Uint8Array, x: number, y: number): string {
  const rows = Array.from({ length: TILE }, (_, row) => {
    const at = ((y * TILE + row) * SIDE * TILE + x * TILE) * 3;
    return Buffer.from(pixels.subarray(at, at + TILE * 3)).toString("latin1");
  });
  return rows.join("");
}

/** What each tile shows, learned from other worlds than those that are played. */
const cellOf = new Map<string, Cell>();
/** Tiles that look alike and are not. */
let ambiguous = 0;

function learn(env: Env, image: Uint8Array): void {
  const pixels = env.renderPov({ tileSize: TILE });
  for (let x = 0; x < SIDE; x++) {
    for (let y = 0; y < SIDE; y++) {
      const at = 3 * (x * SIDE + y);
      const cell = [image[at]!, image[at + 1]!, image[at + 2]!] as const;
      const tile = tileAt(pixels, x, y);
      if (String(cellOf.get(tile) ?? cell) !== String(cell)) ambiguous++;
      cellOf.set(tile, cell);
    }
  }
}

/** RGB bytes of a PNG without filters, as the lab sends it. */
function decodePng(png: Buffer): Uint8Array {
  const data: Buffer[] = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at)) {
    if (png.toString("latin1", at + 4, at + 8) === "IDAT")
      data.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  }
  const lines = inflateSync(Buffer.concat(data));
  const length = 3 * SIDE * TILE;
  const pixels = new Uint8Array(SIDE * TILE * length);
  for (let y = 0; y < SIDE * TILE; y++)
    pixels.set(lines.subarray(y * (length + 1) + 1, (y + 1) * (length + 1)), y * length);
  return pixels;
}

/** Reads a picture's pixels back into what the text of the observation would say. */
function see(png: Buffer): Observation {
  const pixels = decodePng(png);
  const cellAt = (x: number, y: number): Cell => {
    const cell = cellOf.get(tileAt(pixels, x, y));
    if (cell === undefined) throw new Error(`An unknown tile at ${x}, ${y}`);
    return cell;
  };
  const thing = ([type, color]: Cell) => ({ kind: KINDS.get(type)!, color: COLORS[color]! });
  const wallOn = (dx: number, dy: number, length: number) => {
    for (let n = 1; n <= length; n++) {
      const [type] = cellAt(AGENT_X + n * dx, AGENT_Y + n * dy);
      if (type !== EMPTY && type !== UNSEEN) return type === WALL ? n : undefined;
    }
    return undefined;
  };
  const observation: Observation = { walls: {}, sightings: [] };
  const held = cellAt(AGENT_X, AGENT_Y);
  if (held[0] !== EMPTY) observation.carrying = thing(held);
  const walls = { forward: wallOn(0, -1, 6), left: wallOn(-1, 0, 3), right: wallOn(1, 0, 3) };
  for (const [side, steps] of Object.entries(walls))
    if (steps !== undefined) observation.walls[side as keyof typeof walls] = steps;
  for (let x = 0; x < SIDE; x++) {
    for (let y = 0; y < SIDE; y++) {
      const cell = cellAt(x, y);
      if (!KINDS.has(cell[0]) || (x === AGENT_X && y === AGENT_Y)) continue;
      const state = cell[0] === DOOR ? { state: STATES[cell[2] - OPEN]! } : {};
      const place = { right: x - AGENT_X, forward: AGENT_Y - y };
      observation.sightings.push({ ...thing(cell), ...state, ...place });
    }
  }
  return observation;
}

type Part = { type: "text"; text: string } | { type: "image_url"; image_url: { url: string } };
interface Asked {
  messages: { role: string; content: string | Part[] }[];
}

let pictures = 0;
let differing = 0;

/**
 * A mock of a vision model, behind real HTTP: of the text it reads the mission and its own past actions, and all that it saw
 * off the pictures. Then the rules of rule_based decide.
 */
function answer({ messages }: Asked): string {
  const parts = messages.flatMap(({ content }) => (typeof content === "string" ? [] : content));
  const texts = messages.map(({ role, content }) => {
    const texts =
      typeof content === "string"
        ? content
        : content.flatMap((part) => ("text" in part ? part.text : [])).join("\n\n");
    return { role, content: texts };
  });
  const seen = parts.flatMap((part) =>
    part.type === "image_url" ? see(Buffer.from(part.image_url.url.split(",")[1]!, "base64")) : [],
  );
  const told = readPrompt(texts);
  const current = seen.at(-1);
  if (current === undefined) throw new Error("A prompt without a picture");
  pictures += seen.length;
  if (!isDeepStrictEqual(current, told.observation)) differing++;
  const past = seen.slice(0, -1);
  const actions = (told.turns ?? []).slice(-past.length || undefined).map(({ action }) => action);
  const turns = past.map((observation, i) => ({ observation, action: actions[i]! }));
  const { action } = decide({ ...told, observation: current, ...(told.turns && { turns }) });
  return JSON.stringify({ action });
}

const server = createServer(async (request: IncomingMessage, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const content = answer(JSON.parse(Buffer.concat(chunks).toString()));
    const choices = [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }];
    const usage = { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 };
    const body = { id: "c", object: "chat.completion", created: 0, model: "m", choices, usage };
    response.setHeader("content-type", "application/json").end(JSON.stringify(body));
  } catch (error) {
    response.writeHead(400).end(JSON.stringify({ error: { message: String(error) } }));
  }
});

const project = mkdtempSync(join(tmpdir(), "vision-"));
let lab: Lab;

beforeAll(async () => {
  for (const task of tasks) {
    const env = make(task);
    for (let seed = 5000; seed < 5025; seed++) {
      let { observation } = env.reset({ seed });
      learn(env, observation.image);
      for (const action of solve(task, seed) ?? []) {
        ({ observation } = env.step(action));
        learn(env, observation.image);
      }
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  cpSync(join(__dirname, "..", "..", "..", "config"), join(project, "config"), { recursive: true });
  const variant = (name: string, more = "") => `
[functions.act.variants.mock_${name}]
type = "chat_completion"
model = "mock"
system_template = "config/functions/act/${name}/system.minijinja"
user_template = "config/functions/act/${name}/user.minijinja"
templates.picture.path = "config/functions/act/${name}/picture.minijinja"
json_mode = "on"
max_tokens = 20
${more}`;
  writeFileSync(
    join(project, "mock.toml"),
    `[models.mock]
routing = ["mock"]
[models.mock.providers.mock]
type = "openai"
model_name = "mock"
api_base = "http://127.0.0.1:${port}/v1/"
api_key_location = "none"
${variant("vision")}
${variant("vision").replace("mock_vision", "blind").replace('"mock"', '"rule_based"')}
${variant("vision_history", 'templates.past_picture.path = "config/functions/act/vision_history/past_picture.minijinja"')}`,
  );
  lab = await openLab({
    ...{ project, gateway: "embedded", dataDir: "store" },
    configPath: ["config/tensorzero.toml", "mock.toml"],
  });
});

afterAll(async () => {
  await lab?.close();
  server.close();
  server.closeAllConnections();
  rmSync(project, { recursive: true });
});

/** All of BALROG's seeds by hand: VISION_SEEDS=20. */
const EPISODES = Number(process.env.VISION_SEEDS ?? 2);

test("a mock model that reads the pixels back solves the tasks: nothing is lost on the way", async () => {
  expect(ambiguous).toBe(0);
  const started = performance.now();
  const run = await lab.evaluate({
    variants: ["mock_vision_history"],
    episodes: EPISODES,
    historyLength: 32,
  });
  const rows = await lab.episodes({ run: run.id });
  const solved = rows.filter(({ success }) => success).length;
  if (EPISODES !== 2)
    console.log(
      `${solved} of ${rows.length}, ${pictures} pictures, ${differing} unlike the text, ${Math.round(performance.now() - started)} ms`,
    );
  expect(rows).toHaveLength(5 * EPISODES);
  expect(rows.map(({ invalid_actions }) => invalid_actions)).toEqual(rows.map(() => 0));
  expect(differing).toBe(0);
  expect(solved / rows.length).toBeGreaterThanOrEqual(0.99);
});

test("one picture a turn, the current one's, and its reference is stored", async () => {
  const before = pictures;
  const options = { variants: ["mock_vision"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"] };
  const run = await lab.evaluate({ ...options, episodes: 2 });
  const rows = await lab.episodes({ run: run.id });
  const [row] = rows;
  const { steps } = await storedEpisode(lab.clickhouse, row!.episode_id!);
  expect(pictures - before).toBe(
    rows.reduce((sum, { episode_length }) => sum + episode_length!, 0),
  );
  const inputs = await lab.clickhouse.query({
    query: `SELECT input FROM JsonInference WHERE episode_id = '${row!.episode_id}' AND tags['step'] = '0'`,
    format: "JSONEachRow",
  });
  const [first] = await inputs.json<{ input: string }>();
  const { content } = JSON.parse(first!.input).messages[0];
  expect(content).toMatchObject([
    { type: "template", name: "user" },
    { type: "template", name: "picture", arguments: { turn: 1 } },
    { type: "file", mime_type: "image/png", storage_path: { kind: { type: "disabled" } } },
  ]);
  expect(steps[0]?.user_prompt).toContain("Its picture follows.");
  expect(steps[0]?.picture).toBe(content[2].storage_path.path);

  const replay = await loadReplay(lab.clickhouse, row!.episode_id!);
  expect(replay.mismatches).toEqual([]);
  for (const { picture, observation } of replay.frames.slice(0, -1))
    expect(see(Buffer.from(picture!))).toEqual(parseObservation(observation));
  expect(replay.frames.at(-1)?.picture).toBeNull();
  const [shown] = replay.frames;
  const png = Buffer.from(shown!.picture!).toString("base64");
  expect(playerHtml([replay])).toContain(`"picture":"data:image/png;base64,${png}"`);
  const others = steps.map((step) => ({ ...step, picture: "observability/files/0.png" }));
  const episode = { ...(await storedEpisode(lab.clickhouse, row!.episode_id!)), steps: others };
  expect(replayStored(episode).mismatches).toEqual([
    expect.stringMatching(
      /^The model was sent other pictures at \d+ steps?, first at 0, or the same/,
    ),
  ]);
});

test("a model that takes no pictures refuses them in words, and nothing is stored", async () => {
  const run = await lab.evaluate({ variants: ["blind"], tasks: tasks.slice(0, 1), episodes: 1 });
  expect(run.failed).toBe(1);
  const [row] = await lab.episodes({ run: run.id });
  expect(row?.error).toContain("a function in place of an LLM takes no pictures");
  const stored = await lab.clickhouse.query({
    query: "SELECT count() AS n FROM JsonInference WHERE variant_name = 'blind'",
    format: "JSONEachRow",
  });
  expect(await stored.json()).toEqual([{ n: "0" }]);
});
