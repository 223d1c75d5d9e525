export type { Pattern } from "./patterns";
export { NoReplayError, type PlayerLook, playerHtml } from "./player";
export {
  type Frame,
  loadReplay,
  type Playback,
  type Replay,
  replayEpisode,
  replayPublished,
} from "./replay";
export { type Autopsy, type PatternRow, whatWentWrong } from "./what-went-wrong";
