export type { EpisodeRow } from "./store/episodes";
