import type { PlayedVariant } from "../variants/played-variant";

/** A variant of `act` as a run knows it, without a price, whose prompt is empty. */
export function playedVariant(change: Partial<PlayedVariant> = {}): PlayedVariant {
  const servers = ["http://m/v1/"];
  return {
    function: "act",
    form: null,
    pictures: "none",
    model: "m",
    servers,
    price: undefined,
    prompt: () => [],
    ...change,
  };
}
