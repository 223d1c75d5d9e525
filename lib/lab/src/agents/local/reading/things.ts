/** Words that BabyAI's missions and observations use. */
export const colors = ["red", "green", "blue", "purple", "yellow", "grey"] as const;
export const kinds = ["key", "ball", "box", "door"] as const;

export type Color = (typeof colors)[number];
export type Kind = (typeof kinds)[number];
export type DoorState = "open" | "closed" | "locked";

/** One object of the world; `state` is there for doors only. */
export interface Thing {
  kind: Kind;
  color: Color;
  state?: DoorState;
}

/** What a mission says of an object: "the red ball", "a door". */
export interface Description {
  kind: Kind;
  color?: Color;
}

export function matches(thing: Thing, description: Description): boolean {
  return (
    thing.kind === description.kind &&
    (description.color === undefined || thing.color === description.color)
  );
}

/** "red ball", "door". */
export function nameOf({ kind, color }: Description): string {
  return color === undefined ? kind : `${color} ${kind}`;
}
