export { Env, type Info, type ResetResult, type StepResult } from "./env";
export { Expert } from "./expert/expert";
export { solve } from "./expert/solve";
export type { Competence, EnvOptions } from "./levels/level";
export type { ActionInstruction, AnyInstruction } from "./missions/instructions";
export { type EnvSummary, make, registeredEnvs, tasks, testTasks } from "./registry";
export { VectorEnv, type VectorEnvOptions } from "./vector";
export { longestText, type Observation } from "./view/observation";
export { animateSvg } from "./view/render";
export {
  EnvError,
  GenerationError,
  InvalidActionError,
  InvalidOptionError,
  InvalidSeedError,
  NoPlanError,
  NotResetError,
  UnknownEnvError,
  VectorEnvError,
} from "./world/errors";
export {
  type Color,
  DOOR,
  LOCKED,
  type ObjectType,
  OPEN,
  stateOf,
  typeOf,
  type WorldObject,
} from "./world/objects";
export { Pcg64 } from "./world/random";
export { type ActionName, actions, DROP, GO_FORWARD, PICK_UP, TOGGLE } from "./world/scene";
