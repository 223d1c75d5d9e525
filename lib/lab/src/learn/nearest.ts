import type { ActionName } from "babyai";
import type { ModelFunction } from "../agents/local/own-models";
import type { ChatMessage } from "../agents/local/reading/prompt";
import { at } from "../basics/at";
import type { ExampleEpisode } from "./examples";

/** Numbers of an embedding. */
const SIZE = 256;

/**
 * A text as 256 numbers of length 1: each line and each word is hashed (FNV-1a) to one of them and counts there. No model has learned
 * it; texts are near each other that share lines and words.
 */
export function hashedWords(text: string): Float32Array {
  const vector = new Float32Array(SIZE);
  for (const part of [...text.split("\n"), ...text.split(/\s+/)]) {
    let hash = 0x811c9dc5;
    for (let i = 0; i < part.length; i++) hash = Math.imul(hash ^ part.charCodeAt(i), 0x01000193);
    const place = (hash >>> 0) % SIZE;
    vector[place] = at(vector, place) + 1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

/**
 * A model that answers as the nearest stored example was answered, by `hashedWords` of the whole prompt: what retrieval alone does,
 * to stand beside a model that has learned from the same examples. Of several that are equally near, the first.
 *
 * @example
 * const { train } = await lab.examples({ run: run.id, render: "rule_based" });
 * const nearest = nearestExample(train); // for openLab({ models: { nearest } }), and a variant with the same templates
 */
export function nearestExample(episodes: readonly ExampleEpisode[]): ModelFunction {
  const known: { vector: Float32Array; action: ActionName }[] = [];
  for (const episode of episodes)
    for (const { prompt, action } of episode.examples())
      known.push({ vector: hashedWords(textOf(prompt)), action });
  return (messages) => {
    const asked = hashedWords(textOf(messages));
    let [best, action]: [number, ActionName] = [Number.NEGATIVE_INFINITY, "go forward"];
    for (const example of known) {
      const likeness = dot(asked, example.vector);
      if (likeness > best) [best, action] = [likeness, example.action];
    }
    return JSON.stringify({ action });
  };
}

function textOf(messages: readonly ChatMessage[]): string {
  return messages.map(({ content }) => content).join("\n");
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < SIZE; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
