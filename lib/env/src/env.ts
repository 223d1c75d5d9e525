import { type ConfiguredLevel, generateMission } from "./levels/level";
import { checkMission, checkObjects } from "./missions/given";
import { type AnyInstruction, CONTINUE, SUCCESS } from "./missions/instructions";
import { type Observation, observe, viewOf, writeImage } from "./view/observation";
import { renderPng } from "./view/png";
import { renderPov } from "./view/pov";
import { renderSvg } from "./view/render";
import {
  GenerationError,
  InvalidActionError,
  InvalidOptionError,
  NotResetError,
} from "./world/errors";
import { type Direction, NOTHING } from "./world/grid";
import type { WorldObject } from "./world/objects";
import { entropySeed } from "./world/random";
import { RoomGrid } from "./world/room-grid";
import { type ActionName, actions, DROP } from "./world/scene";

/** What is known besides the observation. */
export interface Info {
  /** The reference's sentences on what the agent carries and sees ("You see a red ball 1 step left"). */
  readonly descriptions: string[];
}

export interface ResetResult {
  observation: Observation;
  info: Info;
}

export interface StepResult extends ResetResult {
  /** 1 - 0.9 * (steps taken / maxSteps) on success, otherwise 0. */
  reward: number;
  /** The mission succeeded or, in strict levels, failed. */
  terminated: boolean;
  /** The step limit is reached; can be true together with `terminated`. */
  truncated: boolean;
}

/**
 * A BabyAI environment with Gymnasium's `reset` and `step`, made by `make()`.
 *
 * `step()` returns a fresh observation that may be kept. Where every nanosecond counts, `advance()` does the
 * same without allocating: read `reward`, `terminated` and `truncated` from the environment, and the image with
 * `writeImage()`.
 */
export class Env {
  /** Steps after which an episode is truncated; 0 before the first reset. */
  maxSteps = 0;
  /** Steps taken in this episode. */
  stepCount = 0;
  /** The mission in words; "" before the first reset. */
  mission = "";
  /** Of the last step; see `StepResult`. */
  reward = 0;
  terminated = false;
  truncated = false;

  /** The world, for planners and renderers. Change it at your own risk. */
  readonly world: RoomGrid;
  private missionTree: AnyInstruction | null = null;
  private isSeeded = false;

  constructor(
    /** The id that it was made by, with its task. */
    readonly id: string,
    private readonly level: ConfiguredLevel,
    private readonly fixedMaxSteps: number | null,
  ) {
    this.world = new RoomGrid(level.shape);
  }

  /** Cells across the grid, outer walls included. */
  get width(): number {
    return this.world.grid.width;
  }

  /** Cells down the grid, outer walls included. */
  get height(): number {
    return this.world.grid.height;
  }

  /** The agent's cell [x, y], counted from the top left. */
  get agentPos(): [number, number] {
    const { grid, agentCell } = this.world;
    return [grid.x(agentCell), grid.y(agentCell)];
  }

  /** Where the agent faces: 0 right (+x), 1 down (+y), 2 left, 3 up. */
  get agentDir(): Direction {
    return this.world.agentDir;
  }

  /** The object in the agent's hand, or null. */
  get carrying(): WorldObject | null {
    return this.world.carrying === NOTHING ? null : this.world.grid.describe(this.world.carrying);
  }

  /** The mission as a tree, with the objects that it means. */
  get instruction(): AnyInstruction {
    if (this.missionTree === null) throw new NotResetError("The mission");
    return this.missionTree;
  }

  /**
   * Starts an episode.
   * @param options `seed`: a whole number from 0 to 2^53 - 1, or a bigint ≥ 0. The same seed gives the same episode, even on a
   *   used environment. Without one, the random stream continues; the first time it starts anywhere. `mission`: stands in place of
   *   the one that is drawn, in the same world, with the step limit of its own walks.
   * @throws InvalidSeedError
   * @throws InvalidMissionError `mission` is no mission, or the world lacks its objects
   */
  reset({ seed, mission }: { seed?: number | bigint; mission?: AnyInstruction } = {}): ResetResult {
    this.generate(seed, mission);
    // Subtle: as in the reference the first observation still shows on the floor what the agent starts with in its hand.
    const observation = this.observe();
    this.takeObjectToMove();
    return { observation, info: observation };
  }

  /**
   * Takes one step.
   * @param action one of `actions`, or its index
   * @throws InvalidActionError, NotResetError
   */
  step(action: ActionName | number): StepResult {
    this.advance(typeof action === "number" ? action : actions.indexOf(action), action);
    const observation = this.observe();
    const { reward, terminated, truncated } = this;
    return { observation, reward, terminated, truncated, info: observation };
  }

  /** `reset()` without the observation; allocates no more than the episode's mission. */
  restart(seed?: number | bigint, mission?: AnyInstruction): void {
    this.generate(seed, mission);
    this.takeObjectToMove();
  }

  /**
   * `step()` without the observation; allocates nothing.
   * @param action index of an action
   */
  advance(action: number, given: unknown = action): void {
    const { world, missionTree } = this;
    if (missionTree === null) throw new NotResetError("A step");
    if (!world.act(action)) throw new InvalidActionError(given, actions);
    this.stepCount++;
    if (action === DROP) missionTree.refresh(world);
    const status = missionTree.verify(action, world);
    this.reward = status === SUCCESS ? 1 - 0.9 * (this.stepCount / this.maxSteps) : 0;
    this.terminated = status !== CONTINUE;
    this.truncated = this.stepCount >= this.maxSteps;
  }

  /** What the agent perceives now. */
  observe(): Observation {
    return observe(this.world, this.mission);
  }

  /** Writes the present image into 147 bytes of `target` from `offset`; see `Observation.image`. */
  writeImage(target: Uint8Array, offset = 0): void {
    writeImage(this.world, target, offset);
  }

  /** Minigrid's `Grid.encode()`: width * height * 3 bytes, cell (x, y) at (x * height + y) * 3, without the agent. */
  encode(): Uint8Array {
    return this.world.grid.encode();
  }

  /**
   * A picture of the whole grid with the agent's view shaded, as SVG. Each thing has its name as a tooltip.
   * @param options `letters`: whether objects bear the letter of their color (R, G, B, P, Y, and E for grey), for eyes that do not tell
   * all colors apart. Default: false.
   * @throws NotResetError
   */
  renderSvg({ letters = false }: { letters?: boolean } = {}): string {
    if (this.missionTree === null) throw new NotResetError("A picture");
    return renderSvg(this.world, this.mission, letters);
  }

  /**
   * The same picture as a PNG file.
   * @param options `cellSize`: pixels along a cell, from 4 to 256; `letters` as in `renderSvg`
   * @throws NotResetError, InvalidOptionError
   */
  renderPng({
    cellSize = 32,
    letters = false,
  }: {
    cellSize?: number;
    letters?: boolean;
  } = {}): Uint8Array {
    if (this.missionTree === null) throw new NotResetError("A picture");
    assertPixels("cellSize", cellSize);
    return renderPng(this.world, cellSize, letters);
  }

  /**
   * Minigrid's `get_pov_render()`, equal to the last bit: what the agent sees, turned so that it looks up, as RGB bytes.
   * @param options `tileSize`: pixels along a cell, from 4 to 256; BALROG's vision models get 16
   * @returns (7 * tileSize)² * 3 bytes, row by row from the top left
   * @throws NotResetError, InvalidOptionError
   */
  renderPov({ tileSize = 16 }: { tileSize?: number } = {}): Uint8Array {
    if (this.missionTree === null) throw new NotResetError("A picture");
    assertPixels("tileSize", tileSize);
    return renderPov(viewOf(this.world), tileSize);
  }

  private generate(seed: number | bigint | undefined, mission: AnyInstruction | undefined): void {
    const { world } = this;
    if (mission !== undefined) checkMission(mission);
    if (seed !== undefined) {
      world.random.seed(seed);
    } else if (!this.isSeeded) {
      world.random.seed(entropySeed());
    }
    this.isSeeded = true;
    this.missionTree = null; // none, should this fail
    const drawn = generateMission(world, this.level);
    if (mission !== undefined) {
      mission.bind(world);
      checkObjects(mission, world);
    }
    const instruction = mission ?? drawn;
    this.missionTree = instruction;
    this.mission = instruction.surface();
    this.maxSteps = this.fixedMaxSteps ?? instruction.navigations * stepsPerNavigation(this.level);
    this.stepCount = 0;
    this.reward = 0;
    this.terminated = false;
    this.truncated = false;
  }

  /** In levels that start with it in the agent's hand. */
  private takeObjectToMove(): void {
    const { world, missionTree } = this;
    if (!this.level.options.startCarrying || missionTree?.kind !== "PutNext") return;
    const [id] = missionTree.move.objects;
    if (id === undefined) throw new GenerationError("There is no object to start with in hand.");
    world.grid.empty(world.grid.cellOf(id));
    world.carrying = id;
  }
}

function assertPixels(option: string, value: number): void {
  if (!Number.isInteger(value) || value < 4 || value > 256)
    throw new InvalidOptionError(option, value, "It takes a whole number from 4 to 256.");
}

/** Steps granted per walk: the number of cells in all rooms. */
export function stepsPerNavigation({ shape }: ConfiguredLevel): number {
  return shape.roomSize ** 2 * shape.numRows * shape.numCols;
}
