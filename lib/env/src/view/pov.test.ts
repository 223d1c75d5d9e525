import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, inflateSync } from "node:zlib";
import { InvalidOptionError, make, tasks } from "..";

interface Frames {
  env_id: string;
  seed: number;
  actions: string;
  frames: string[];
  first_frame?: string;
}
const file = gunzipSync(readFileSync(join(__dirname, "..", "golden", "pov.jsonl.gz"))).toString();
const episodes = file
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as Frames);

const digest = (picture: Uint8Array) =>
  createHash("sha256").update(picture).digest("hex").slice(0, 16);

test("renderPov gives the bytes of Minigrid's get_pov_render", () => {
  let compared = 0;
  for (const { env_id, seed, actions, frames, first_frame } of episodes) {
    const env = make(env_id);
    env.reset({ seed });
    if (first_frame !== undefined) {
      const reference = inflateSync(Buffer.from(first_frame, "base64"));
      expect(Buffer.from(env.renderPov()).equals(reference)).toBe(true);
    }
    const own = [digest(env.renderPov())];
    for (const action of actions) {
      env.step(Number(action));
      own.push(digest(env.renderPov()));
    }
    expect(own).toEqual(frames);
    compared += own.length;
  }
  expect(compared).toBe(3241);
});

// By `Grid.render` of minigrid 3.2.0, of the same views.
test.each([
  ["BabyAI-MixedTrainLocal-v0/pick_up_seq_go_to", "785ecbecba301089", "ef6c2649e760cbd5"],
  ["BabyAI-BossLevel-v0", "289393776046ea68", "d016e97c8cb4b77a"],
  ["BabyAI-KeyCorridorS6R3-v0", "287fb8399359227d", "a315e9652cdd2f82"],
])("%s in tiles of 8 and 32 pixels", (id, small, large) => {
  const env = make(id);
  env.reset({ seed: 1 });
  for (const action of [0, 2, 4, 2, 1, 5]) env.step(action);
  expect([8, 32].map((tileSize) => digest(env.renderPov({ tileSize })))).toEqual([small, large]);
});

test("what is no size", () => {
  const env = make(tasks[0]!);
  expect(() => env.renderPov()).toThrow("reset");
  env.reset({ seed: 0 });
  for (const tileSize of [0, 3, 16.5, 257, Number.NaN])
    expect(() => env.renderPov({ tileSize })).toThrow(InvalidOptionError);
});
