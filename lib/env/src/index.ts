export type { Env, Info, ResetResult, StepResult } from "./env";
export { Expert } from "./expert/expert";
export { solve } from "./expert/solve";
export { type Fulfilled, hindsight } from "./hindsight";
export {
  type Competence,
  defineLevel,
  type EnvOptions,
  type Level,
  type LevelOptions,
  type LevelSpec,
  oneRoom,
} from "./levels/level";
export { type Location, like, ObjectDescription } from "./missions/descriptions";
export {
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
} from "./missions/instructions";
export { type EnvSummary, make, register, registeredEnvs, tasks, testTasks } from "./registry";
export { VectorEnv, type VectorEnvOptions } from "./vector";
export { longestText, type Observation } from "./view/observation";
export { encodePng } from "./view/png-file";
export { animateSvg } from "./view/render";
export {
  EnvError,
  GenerationError,
  InvalidActionError,
  InvalidIdError,
  InvalidMissionError,
  InvalidOptionError,
  InvalidSeedError,
  NoPlanError,
  NotResetError,
  UnknownEnvError,
  VectorEnvError,
} from "./world/errors";
export { nearest } from "./world/nearest";
export {
  BALL,
  BOX,
  COLOR_INDEX,
  type Color,
  DOOR,
  KEY,
  LOCKED,
  type ObjectType,
  OPEN,
  stateOf,
  typeOf,
  type WorldObject,
} from "./world/objects";
export { Pcg64 } from "./world/random";
export type { RoomGrid } from "./world/room-grid";
export { REJECTED, type Shape } from "./world/rooms";
export { type ActionName, actions } from "./world/scene";
