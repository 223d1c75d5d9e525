import { make, tasks } from "babyai";
import fc from "fast-check";
import { parseMission } from "./mission";
import { UnreadablePrompt } from "./prompt-error";
import { colors, type Description, kinds } from "./things";

const redBall: Description = { kind: "ball", color: "red" };
const box: Description = { kind: "box" };

test.each([
  ["go to the red ball", { kind: "go to", target: redBall }],
  ["go to a box", { kind: "go to", target: box }],
  ["pick up a red ball", { kind: "pick up", target: redBall }],
  ["open the door", { kind: "open", door: { kind: "door" } }],
  ["open the purple door", { kind: "open", door: { kind: "door", color: "purple" } }],
  ["put the red ball next to a box", { kind: "put next to", move: redBall, fixed: box }],
  [
    "pick up a red ball, then go to the box",
    { kind: "pick up then go to", pickUp: redBall, goTo: box },
  ],
  [
    "go to a box after you pick up the red ball",
    { kind: "pick up then go to", pickUp: redBall, goTo: box },
  ],
])("reads %j", (text, mission) => {
  expect(parseMission(text)).toEqual(mission);
});

test("a mission's words come back, whatever it asks for", () => {
  const description = fc.record({
    kind: fc.constantFrom(...kinds.filter((kind) => kind !== "door")),
    color: fc.constantFrom(...colors),
  });
  const article = fc.constantFrom("the", "a");
  fc.assert(
    fc.property(description, description, article, (one, two, the) => {
      const text = `put ${the} ${one.color} ${one.kind} next to ${the} ${two.color} ${two.kind}`;
      expect(parseMission(text)).toEqual({ kind: "put next to", move: one, fixed: two });
    }),
  );
});

test("reads every mission that the five tasks make", () => {
  for (const task of tasks) {
    for (const numDists of [0, 8]) {
      const env = make(task, { numDists });
      for (let seed = 0; seed < 100; seed++) {
        const { mission } = env.reset({ seed }).observation;
        expect(() => parseMission(mission)).not.toThrow();
      }
    }
  }
});

test.each([
  "",
  "dance",
  "go to the door",
  "open the box",
  "go to the red ball and then open the door",
])("refuses %j and says what it knows", (text) => {
  expect(() => parseMission(text)).toThrow(UnreadablePrompt);
  expect(() => parseMission(text)).toThrow(/It knows "go to X"/);
});
