import { inflateSync } from "node:zlib";
import { animateSvg, InvalidOptionError, make, tasks } from "..";

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];

/** Decodes a PNG of palette indices without filters into colors, "r,g,b" by pixel. */
function decode(png: Uint8Array): {
  width: number;
  height: number;
  at(x: number, y: number): string;
} {
  const file = Buffer.from(png);
  expect([...file.subarray(0, 8)]).toEqual(SIGNATURE);
  const chunks = new Map<string, Buffer>();
  for (let at = 8; at < file.length; ) {
    const length = file.readUInt32BE(at);
    chunks.set(file.toString("latin1", at + 4, at + 8), file.subarray(at + 8, at + 8 + length));
    at += length + 12;
  }
  const width = chunks.get("IHDR")!.readUInt32BE(0);
  const height = chunks.get("IHDR")!.readUInt32BE(4);
  const palette = chunks.get("PLTE")!;
  expect(palette.length).toBeLessThanOrEqual(256 * 3);
  const lines = inflateSync(chunks.get("IDAT")!);
  expect(lines).toHaveLength((width + 1) * height);
  return {
    width,
    height,
    at(x, y) {
      const index = lines[y * (width + 1) + 1 + x]!;
      return [...palette.subarray(index * 3, index * 3 + 3)].join();
    },
  };
}

test("renderPng draws walls, floor, shade, objects and the agent", () => {
  const env = make(tasks[1]!);
  env.reset({ seed: 0 });
  const picture = decode(env.renderPng({ cellSize: 16 }));
  expect([picture.width, picture.height]).toEqual([8 * 16, 8 * 16]);
  const [x, y] = env.agentPos;
  const center = (column: number, row: number) => picture.at(column * 16 + 8, row * 16 + 8);
  expect(center(x, y)).toBe("21,24,29");
  const colors = new Set<string>();
  for (let i = 0; i < 8; i++) for (let j = 0; j < 8; j++) colors.add(center(i, j));
  // Wall, floor, either of them shaded, the agent; the object may be hollow in the middle.
  expect(colors.size).toBeGreaterThanOrEqual(5);
});

test("every look keeps within one palette", () => {
  const env = make("BabyAI-OneRoomS20-v0");
  env.reset({ seed: 3 });
  const { grid } = env.world;
  // Every kind of object twice, so that the agent sees some of each.
  let cell = 0;
  for (const type of [4, 5, 6, 7]) {
    for (let color = 0; color < 6; color++) {
      for (const state of type === 4 ? [0, 1, 2] : [0]) {
        for (let copy = 0; copy < 4; copy++) {
          const place = grid.cell(1 + (cell % 18), 1 + Math.floor(cell / 18));
          if (place !== env.world.agentCell) grid.put(grid.create(type, color, state), place);
          cell++;
        }
      }
    }
  }
  const { width, height } = decode(env.renderPng());
  expect([width, height]).toEqual([20 * 32, 20 * 32]);
});

test("a picture's bytes do not depend on what was drawn before", () => {
  const env = make(tasks[2]!, { numDists: 4 });
  env.reset({ seed: 8 });
  const before = env.renderPng();
  expect(() => env.renderPng({ cellSize: 0 })).toThrow(InvalidOptionError);
  const other = make("BabyAI-BossLevel-v0");
  other.reset({ seed: 1 });
  other.renderPng();
  expect(env.renderPng()).toEqual(before);
});

test("animateSvg draws what frames share once, and every frame at its time", () => {
  const env = make(tasks[0]!);
  env.reset({ seed: 1 });
  const frames = [env.renderSvg()];
  for (const action of [0, 2, 2]) {
    env.step(action);
    frames.push(env.renderSvg());
  }
  const svg = animateSvg(frames, 0.5);
  expect(svg.match(/<svg /g)).toHaveLength(1);
  expect(svg.match(/<title>agent<\/title>/g)).toHaveLength(4);
  expect(svg).toContain('values="visible;hidden" keyTimes="0.0000;0.1667"');
  expect(svg).toContain('values="hidden;visible;hidden" keyTimes="0.0000;0.1667;0.3333"');
  expect(svg).toContain('keyTimes="0.0000;0.5000;1.0000"');
  expect(svg.match(/dur="3.00s"/g)).toHaveLength(4);
  expect(() => animateSvg([])).toThrow(RangeError);
});
