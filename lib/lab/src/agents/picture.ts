import { type Env, encodePng } from "babyai";

const TILE = 16;
const SIDE = 7 * TILE;

/** What the agent sees as BALROG's vision models are shown it: 112 × 112 pixels, as a PNG file. @throws NotResetError */
export function povPng(env: Env): Uint8Array {
  const pixels = env.renderPov({ tileSize: TILE });
  const length = 3 * SIDE;
  // Each line begins with the number of its filter: 0, none.
  const lines = new Uint8Array(SIDE * (1 + length));
  for (let y = 0; y < SIDE; y++)
    lines.set(pixels.subarray(y * length, (y + 1) * length), y * (1 + length) + 1);
  return encodePng(SIDE, SIDE, null, lines, 9);
}

/** Of which observations a variant is sent pictures: of none, the current one, or also of those before. */
export type PictureUse = "none" | "current" | "history";

/** Of how many of the latest observations: BALROG's `max_image_history`. */
export function picturesOf(use: PictureUse, historyLength: number): number {
  if (use === "history") return Math.max(1, historyLength);
  return use === "current" ? 1 : 0;
}
