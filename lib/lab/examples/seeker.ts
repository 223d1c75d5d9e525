import type { Agent } from "babyai-lab";

/**
 * An agent of one's own, whole: it looks round for what its mission names, goes level with it, turns to it and walks up. It
 * reads text, as a language model does; `play(env, seeker, { seed: 200 })` plays an episode with it.
 */
export const seeker: Agent = {
  async act({ mission, observation, past }) {
    const [, target] = /^go to (?:the|a) (.+)$/.exec(mission) ?? [];
    const seen = observation.text.split("\n").find((line) => line.includes(` ${target} `));
    const side = /(left|right)/.exec(seen ?? "")?.[1];
    const before = past.at(-1);
    const isStuck = before?.action === "go forward" && before.observation === observation.text;
    if (isStuck) return { action: "turn right" };
    if (seen?.includes("forward")) return { action: "go forward" };
    if (side !== undefined) return { action: side === "left" ? "turn left" : "turn right" };
    return { action: past.length % 4 === 3 ? "go forward" : "turn right" };
  },
};
