import { animateSvg, InvalidOptionError, make, tasks } from "..";
import { readPalettePng } from "../testing/palette-png";

test("renderPng draws walls, floor, shade, objects and the agent", () => {
  const env = make(tasks[1]!);
  env.reset({ seed: 0 });
  const picture = readPalettePng(env.renderPng({ cellSize: 16 }));
  expect([picture.width, picture.height]).toEqual([8 * 16, 8 * 16]);
  const [x, y] = env.agentPos;
  const center = (column: number, row: number) =>
    String(picture.pixels[(row * 16 + 8) * picture.width + column * 16 + 8]);
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
  for (const letters of [false, true]) {
    const { width, height } = readPalettePng(env.renderPng({ letters }));
    expect([width, height]).toEqual([20 * 32, 20 * 32]);
  }
});

test.each([
  ["box", 7, [0]],
  ["ball", 6, [0]],
  ["key", 5, [0]],
  ["door", 4, [0, 1, 2]],
] as const)(
  "without its colors a %s tells its color by a letter, and only then",
  (_, type, states) => {
    const env = make("BabyAI-OneRoomS8-v0");
    env.reset({ seed: 3 });
    const { grid } = env.world;
    for (const state of states) {
      const drawn = (letters: boolean) =>
        [0, 1, 2, 3, 4, 5].map((color) => {
          grid.put(grid.create(type, color, state), grid.cell(5, 5));
          // A carried object has its letter, too.
          env.world.carrying = grid.create(type, color, state);
          const lines = env.renderSvg({ letters }).split("\n");
          return lines
            .slice(-3)
            .join("")
            .replace(/(fill|stroke)="#[^"]*"|<title>[^<]*<\/title>/g, "");
        });
      expect(new Set(drawn(true)).size).toBe(6);
      expect(new Set(drawn(false)).size).toBe(1);
    }
  },
);

test("things have names on hover, and the shade over what is seen hides none", () => {
  const env = make("BabyAI-OneRoomS8-v0");
  env.reset({ seed: 3 });
  const { grid } = env.world;
  grid.put(grid.create(4, 0, 2), grid.cell(5, 5));
  env.world.carrying = grid.create(6, 3, 0);
  const svg = env.renderSvg();
  for (const name of ["wall", "locked red door", "agent, carrying a purple ball"])
    expect(svg).toContain(`<title>${name}</title>`);
  expect(svg).toMatch(/fill-opacity="[\d.]+" pointer-events="none"/);
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
