import { createHash } from "node:crypto";
import type { Sampling } from "../config/types";

/**
 * A number in [0, 1) that is fixed by function and episode: the first 32 bits of SHA-256(function name ‖ the episode id's
 * 16 bytes). So one episode stays with one variant.
 */
export function episodeFraction(functionName: string, episodeId: string): number {
  const hash = createHash("sha256")
    .update(functionName)
    .update(Buffer.from(episodeId.replaceAll("-", ""), "hex"));
  return hash.digest().readUInt32BE(0) / 2 ** 32;
}

/**
 * Draws one of the variants that are still to be tried. With weights: the first, in the order of names, at which the
 * cumulative weight exceeds the fraction of the sum; when none is left, the fallbacks in order. Undefined: there is
 * nothing to draw.
 */
export function drawVariant(
  sampling: Sampling,
  active: ReadonlySet<string>,
  fraction: number,
): string | undefined {
  if (sampling.type === "uniform") {
    const names = [...active].sort(byBytes);
    return names[Math.floor(fraction * names.length)];
  }
  const { candidates, fallbacks } = sampling;
  const names = [...candidates.keys()].filter((name) => active.has(name)).sort(byBytes);
  const total = names.reduce((sum, name) => sum + (candidates.get(name) ?? 0), 0);
  if (total > 0) {
    let cumulative = 0;
    for (const name of names) {
      cumulative += candidates.get(name) ?? 0;
      if (cumulative > fraction * total) return name;
    }
  }
  return fallbacks.find((name) => active.has(name));
}

function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
