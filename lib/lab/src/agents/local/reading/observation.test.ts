import { make, registeredEnvs } from "babyai";
import fc from "fast-check";
import { parseObservation, type Sighting } from "./observation";
import { UnreadablePrompt } from "./prompt-error";
import { colors, kinds } from "./things";

test("reads walls, objects, doors and what is carried", () => {
  const text = [
    "You carry a grey key",
    "a wall 2 steps forward",
    "a wall 1 step left",
    "a locked purple door 3 steps left and 1 step forward",
    "a open blue door 1 step right",
    "a red ball 4 steps forward",
  ].join("\n");
  expect(parseObservation(text)).toEqual({
    carrying: { kind: "key", color: "grey" },
    walls: { forward: 2, left: 1 },
    sightings: [
      { kind: "door", color: "purple", state: "locked", right: -3, forward: 1 },
      { kind: "door", color: "blue", state: "open", right: 1, forward: 0 },
      { kind: "ball", color: "red", right: 0, forward: 4 },
    ],
  });
});

test("an empty text is an empty view", () => {
  expect(parseObservation("")).toEqual({ walls: {}, sightings: [] });
});

test("what is written is read back", () => {
  const sighting: fc.Arbitrary<Sighting> = fc
    .record({
      kind: fc.constantFrom(...kinds.filter((kind) => kind !== "door")),
      color: fc.constantFrom(...colors),
      right: fc.integer({ min: -3, max: 3 }),
      forward: fc.integer({ min: 0, max: 6 }),
    })
    .filter(({ right, forward }) => right !== 0 || forward !== 0);
  fc.assert(
    fc.property(fc.array(sighting), (sightings) => {
      expect(parseObservation(sightings.map(describe_).join("\n"))).toEqual({
        walls: {},
        sightings,
      });
    }),
  );
});

function describe_({ kind, color, right, forward }: Sighting): string {
  const steps = (n: number) => `${n} step${n === 1 ? "" : "s"}`;
  const side = right !== 0 && `${steps(Math.abs(right))} ${right < 0 ? "left" : "right"}`;
  const ahead = forward !== 0 && `${steps(forward)} forward`;
  return `a ${color} ${kind} ${[side, ahead].filter(Boolean).join(" and ")}`;
}

test("reads all that any registered environment says in random play", () => {
  for (const { id } of registeredEnvs()) {
    const env = make(id);
    for (let seed = 0; seed < 3; seed++) {
      let { observation } = env.reset({ seed });
      for (let step = 0; step < 40; step++) {
        expect(() => parseObservation(observation.text)).not.toThrow();
        observation = env.step((step * 7 + seed) % 6).observation;
      }
    }
  }
});

test("names the line that it cannot read", () => {
  const text = "a wall 2 steps forward\na dragon 1 step left";
  expect(() => parseObservation(text)).toThrow(UnreadablePrompt);
  expect(() => parseObservation(text)).toThrow(/"a dragon 1 step left"/);
});
