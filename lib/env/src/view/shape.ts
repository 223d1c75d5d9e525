/** A filled shape in a cell: coordinates from 0 to 1, x to the right and y down. */
export type Shape =
  | { kind: "rect"; x: number; y: number; width: number; height: number; fill: string }
  | { kind: "circle"; x: number; y: number; radius: number; fill: string }
  | { kind: "ring"; x: number; y: number; radius: number; width: number; fill: string }
  | { kind: "polygon"; points: readonly (readonly [number, number])[]; fill: string };
