import type { ActionName } from "babyai";
import { hashedWords } from "../agents/local/hashed-words";
import type { ModelFunction } from "../agents/local/own-models";
import type { ChatMessage } from "../agents/local/reading/prompt";
import type { ExampleEpisode } from "./examples";

/** Of length 1. */
function embed(messages: readonly ChatMessage[]): Float32Array {
  const vector = hashedWords(messages.map(({ content }) => content).join("\n"));
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
      known.push({ vector: embed(prompt), action });
  return (messages) => {
    const asked = embed(messages);
    let [best, action]: [number, ActionName] = [Number.NEGATIVE_INFINITY, "go forward"];
    for (const example of known) {
      const likeness = dot(asked, example.vector);
      if (likeness > best) [best, action] = [likeness, example.action];
    }
    return JSON.stringify({ action });
  };
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}
