import { LOCATIONS, ObjectDescription } from "../missions/descriptions";
import {
  type ActionInstruction,
  After,
  And,
  type AnyInstruction,
  Before,
  type Clause,
  GoTo,
  Open,
  PickUp,
  PutNext,
} from "../missions/instructions";
import { BALL, BOX, DOOR, KEY, type TypeIndex } from "../world/objects";
import type { RoomGrid } from "../world/room-grid";
import { COLORS_TO_DRAW, REJECTED } from "../world/rooms";
import {
  type ActionKind,
  type Competence,
  defineLevel,
  type InstructionKind,
  type Level,
  type LevelOptions,
  NINE_ROOMS,
} from "./level";

/** What shapes the missions of the BabyAI language. */
type LanguageOptions = Required<
  Pick<
    LevelOptions,
    | "roomSize"
    | "numRows"
    | "numCols"
    | "numDists"
    | "lockedRoomProb"
    | "locations"
    | "unblocking"
    | "implicitUnlock"
    | "actionKinds"
    | "instrKinds"
  >
>;

export const LANGUAGE_DEFAULTS: LanguageOptions = {
  ...NINE_ROOMS,
  numDists: 18,
  lockedRoomProb: 0.5,
  locations: true,
  unblocking: true,
  implicitUnlock: true,
  actionKinds: ["goto", "pickup", "open", "putnext"],
  instrKinds: ["action", "and", "seq"],
};

const MOVABLE: readonly TypeIndex[] = [BOX, BALL, KEY];
const ANYTHING: readonly TypeIndex[] = [BOX, BALL, KEY, DOOR];
const MAX_DESCRIPTIONS = 100;

interface LanguageLevel {
  summary: string;
  competences: readonly Competence[];
  /** What may be chosen, with its defaults. */
  options: Partial<LanguageOptions>;
  /** What may not. */
  fixed?: Partial<LanguageOptions>;
}

/** A level whose missions are any sentence of the BabyAI language, within bounds. */
export function levelGen({ summary, competences, options, fixed }: LanguageLevel): Level {
  const complete = (chosen: Partial<LanguageOptions>): LanguageOptions => ({
    ...LANGUAGE_DEFAULTS,
    ...fixed,
    ...chosen,
  });
  return defineLevel({
    summary,
    competences,
    options,
    shape: (chosen) => complete(chosen),
    unblocking: (chosen) => complete(chosen).unblocking,
    navigations: (chosen) => mostNavigations(complete(chosen)),
    generate: (world, chosen) => generate(world, complete(chosen)),
  });
}

function mostNavigations({ actionKinds, instrKinds }: LanguageOptions): number {
  const clauses = instrKinds.includes("seq") ? 4 : instrKinds.includes("and") ? 2 : 1;
  return clauses * (actionKinds.includes("putnext") ? 2 : 1);
}

function generate(world: RoomGrid, options: LanguageOptions): AnyInstruction {
  if (world.random.random() < options.lockedRoomProb) world.addLockedRoom();
  world.connectAll();
  world.addDistractors(options.numDists, { unique: false });
  world.placeAgentOutside((room) => world.isLockedRoom(room));
  if (!options.unblocking) world.requireAllReachable();
  return drawInstruction(world, options);
}

function drawInstruction(world: RoomGrid, options: LanguageOptions): AnyInstruction {
  const kind = world.pick(options.instrKinds);
  if (kind !== "seq") return drawClause(world, options, kind);
  const a = drawClause(world, options, world.pick(["action", "and"] as const));
  const b = drawClause(world, options, world.pick(["action", "and"] as const));
  return world.flip() ? new Before(a, b) : new After(a, b);
}

function drawClause(
  world: RoomGrid,
  options: LanguageOptions,
  kind: Exclude<InstructionKind, "seq">,
): Clause {
  const first = drawAction(world, options);
  return kind === "and" ? new And(first, drawAction(world, options)) : first;
}

function drawAction(world: RoomGrid, options: LanguageOptions): ActionInstruction {
  const kind: ActionKind = world.pick(options.actionKinds);
  switch (kind) {
    case "goto":
      return new GoTo(drawDescription(world, options, ANYTHING));
    case "pickup":
      return new PickUp(drawDescription(world, options, MOVABLE));
    case "open":
      return new Open(drawDescription(world, options, [DOOR]));
    case "putnext": {
      const move = drawDescription(world, options, MOVABLE);
      return new PutNext(move, drawDescription(world, options, ANYTHING));
    }
  }
}

/** Draws color or none, type, and perhaps a location, until some object fits. */
function drawDescription(
  world: RoomGrid,
  { locations, implicitUnlock }: LanguageOptions,
  types: readonly TypeIndex[],
): ObjectDescription {
  for (let tries = 0; tries <= MAX_DESCRIPTIONS; tries++) {
    const color = world.pick([null, ...COLORS_TO_DRAW]);
    const type = world.pick(types);
    const location = locations && world.flip() ? world.pick(LOCATIONS) : null;
    const description = new ObjectDescription(type, color, location);
    description.bind(world);
    if (description.objects.length === 0) continue;
    if (implicitUnlock || world.isSomeOutsideLockedRoom(description.cells)) return description;
  }
  throw REJECTED;
}
