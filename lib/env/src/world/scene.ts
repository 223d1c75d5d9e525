import { type Direction, type Grid, NOTHING, turned } from "./grid";
import {
  BOX,
  CLOSED,
  colorOf,
  DOOR,
  isPortable,
  isWalkable,
  KEY,
  LOCKED,
  OPEN,
  stateOf,
  typeOf,
} from "./objects";

/**
 * BALROG's six actions; an action's index is its place here.
 *
 * @example
 * actions.indexOf("go forward"); // 2
 */
export const actions = [
  "turn left",
  "turn right",
  "go forward",
  "pick up",
  "drop",
  "toggle",
] as const;
export type ActionName = (typeof actions)[number];

export type ActionIndex = 0 | 1 | 2 | 3 | 4 | 5;

export const TURN_LEFT = 0;
export const TURN_RIGHT = 1;
export const GO_FORWARD = 2;
export const PICK_UP = 3;
export const DROP = 4;
export const TOGGLE = 5;

/** The grid with the agent in it, and what each action does to them. */
export class Scene {
  agentCell = 0;
  /** Where the agent faces. */
  agentDir: Direction = 0;
  /** Id of the object in hand, or NOTHING. */
  carrying = NOTHING;

  constructor(readonly grid: Grid) {}

  /** A scene of its own, to try actions out. */
  copy(): Scene {
    const scene = new Scene(this.grid.copy());
    scene.agentCell = this.agentCell;
    scene.agentDir = this.agentDir;
    scene.carrying = this.carrying;
    return scene;
  }

  /** The cell in front of the agent. */
  get frontCell(): number {
    return this.agentCell + this.grid.ahead[this.agentDir];
  }

  /** Does one of the six actions; returns false, having done nothing, if there is no such action. */
  act(action: number): boolean {
    switch (action) {
      case TURN_LEFT:
        this.agentDir = turned(this.agentDir, -1);
        return true;
      case TURN_RIGHT:
        this.agentDir = turned(this.agentDir, 1);
        return true;
      case GO_FORWARD:
        if (isWalkable(this.grid.code(this.frontCell))) this.agentCell = this.frontCell;
        return true;
      case PICK_UP:
        this.pickUp();
        return true;
      case DROP:
        this.drop();
        return true;
      case TOGGLE:
        this.toggle();
        return true;
      default:
        return false;
    }
  }

  private pickUp(): void {
    const { grid, frontCell } = this;
    const id = grid.idAt(frontCell);
    if (this.carrying !== NOTHING || !isPortable(grid.codeOf(id))) return;
    this.carrying = id;
    grid.take(id);
  }

  private drop(): void {
    const { grid, frontCell, carrying } = this;
    if (carrying === NOTHING || !grid.isFree(frontCell)) return;
    grid.put(carrying, frontCell);
    this.carrying = NOTHING;
  }

  private toggle(): void {
    const { grid, frontCell } = this;
    const id = grid.idAt(frontCell);
    const code = grid.codeOf(id);
    if (typeOf(code) === BOX) {
      // A box is gone once opened; what it held, often nothing, is in its place.
      const content = grid.contentOf(id);
      if (content === NOTHING) grid.empty(frontCell);
      else grid.put(content, frontCell);
    } else if (typeOf(code) === DOOR) {
      if (stateOf(code) === LOCKED) {
        if (this.holdsKeyTo(code)) grid.setState(id, OPEN);
      } else {
        grid.setState(id, stateOf(code) === OPEN ? CLOSED : OPEN);
      }
    }
  }

  /** Whether the object in hand is a key of this door's color. */
  holdsKeyTo(door: number): boolean {
    const held = this.grid.codeOf(this.carrying);
    return typeOf(held) === KEY && colorOf(held) === colorOf(door);
  }
}
