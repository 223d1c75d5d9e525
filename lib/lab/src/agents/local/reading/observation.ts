import { UnreadablePrompt } from "./prompt-error";
import { type Color, colors, type DoorState, type Kind, kinds, type Thing } from "./things";

/** A thing in view, `right` and `forward` cells from the agent; `right` is negative to the left. */
export interface Sighting extends Thing {
  right: number;
  forward: number;
}

/** One observation text, read. */
export interface Observation {
  carrying?: Thing;
  /** Steps to the wall on each of the three straight lines, where it is the first thing on that line. */
  walls: { forward?: number; left?: number; right?: number };
  sightings: Sighting[];
}

const carried = new RegExp(`^You carry an? (${colors.join("|")}) (${kinds.join("|")})$`);
const wall = /^an? wall (\d+) steps? (forward|left|right)$/;
const sighted = new RegExp(
  `^an? (?:(open|closed|locked) )?(${colors.join("|")}) (${kinds.join("|")})` +
    "(?: (\\d+) steps? (left|right))?(?: and)?(?: (\\d+) steps? forward)?$",
);

/**
 * Reads BabyAI-Text's description of the view, one thing a line; empty text, or "nothing", is an empty view.
 *
 * @throws UnreadablePrompt that names the first line it cannot read
 */
export function parseObservation(text: string): Observation {
  const observation: Observation = { walls: {}, sightings: [] };
  for (const line of text.split("\n")) {
    if (line !== "" && line !== "nothing") readLine(line, observation);
  }
  return observation;
}

function readLine(line: string, observation: Observation): void {
  let match = wall.exec(line);
  if (match) {
    observation.walls[match[2] as "forward" | "left" | "right"] = Number(match[1]);
    return;
  }
  match = sighted.exec(line);
  if (match && (match[4] || match[6])) {
    const [, state, color, kind, sideways, side, forward] = match;
    observation.sightings.push({
      kind: kind as Kind,
      color: color as Color,
      ...(state && { state: state as DoorState }),
      right: Number(sideways ?? 0) * (side === "left" ? -1 : 1),
      forward: Number(forward ?? 0),
    });
    return;
  }
  match = carried.exec(line);
  if (match) {
    observation.carrying = { color: match[1] as Color, kind: match[2] as Kind };
    return;
  }
  throw new UnreadablePrompt(
    `The observation line ${JSON.stringify(line)} cannot be read. Expected lines such as "a wall 2 steps forward", ` +
      '"a red ball 1 step left and 3 steps forward", "a locked blue door 2 steps right" or "You carry a grey key".',
  );
}
