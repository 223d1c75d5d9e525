import { createHash } from "node:crypto";
import type { EpisodeKey } from "./run-state";

/** A part of a run's episodes. */
export interface Shard {
  /** From 1. */
  index: number;
  of: number;
}

/** All of a run. */
export const WHOLE: Shard = { index: 1, of: 1 };

export const shardText = ({ index, of }: Shard) => `${index}/${of}`;

/** Whether no episode is of both. */
export function areApart(one: Shard, other: Shard): boolean {
  return one.of === other.of && one.index !== other.index;
}

/** So many places there are: a shard is an interval of them. */
export const SLOTS = 1 << 16;

const offsets = new Map<string, number>();

/**
 * An episode's place, which depends on nothing else, so that a run that grows gives none of its episodes to another shard.
 * Seeds that count up are spread evenly: their binary digits are reversed (van der Corput 1935), so that each interval of a
 * length 1/n holds each n-th of them. Variants and tasks begin at places of their own.
 */
export function slotOf({ variant, task, seed }: EpisodeKey): number {
  const name = `${variant}\n${task}`;
  const offset = offsets.get(name) ?? createHash("sha256").update(name).digest().readUInt16BE();
  offsets.set(name, offset);
  let place = (seed % SLOTS) + offset;
  let reversed = 0;
  for (let bit = 1; bit < SLOTS; bit <<= 1) {
    reversed = (reversed << 1) | (place & 1);
    place >>= 1;
  }
  return reversed;
}

/** The first slot of a shard; that of the next one ends it. */
function firstSlot(index: number, of: number): number {
  return Math.ceil(((index - 1) * SLOTS) / of);
}

/** From the first slot, to the one that is no more of the shard. */
export function slotsOf({ index, of }: Shard): [number, number] {
  return [firstSlot(index, of), firstSlot(index + 1, of)];
}

/** The index of an episode's shard, of so many. */
export function shardIndex(episode: EpisodeKey, of: number): number {
  return Math.floor((slotOf(episode) * of) / SLOTS) + 1;
}

export function isOfShard(episode: EpisodeKey, shard: Shard): boolean {
  return shard.of === 1 || shardIndex(episode, shard.of) === shard.index;
}
