import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { BalrogLikeDialogue } from "./dialogue";
import { type Form, forms } from "./forms";
import { fingerprints, type Job, recordedEpisodes, structure } from "./testing/structure";

const script = join(__dirname, "testing", "structure.py");
const kept: { commit: string; fingerprints: Record<Form, string> } = JSON.parse(
  readFileSync(join(__dirname, "testing", "balrog-structure.json"), "utf8"),
);

const ask = (jobs: readonly Job[]) =>
  spawnSync("python3", [script], {
    input: JSON.stringify(jobs),
    encoding: "utf8",
    maxBuffer: 2 ** 30,
  });
/** What BALROG's own code sends, a line a turn. */
const balrog = (jobs: readonly Job[]): string[][][] => JSON.parse(ask(jobs).stdout);
const hasBalrog = ask([]).status === 0;

test("200 recorded episodes, each in all forms: the messages of every turn are in structure BALROG's", () => {
  const episodes = recordedEpisodes();
  expect(episodes).toHaveLength(200);
  const invalid = episodes.filter(({ actions }) => actions.includes(null));
  const long = episodes.filter(({ actions }) => actions.length > 16);
  expect([invalid.length, long.length > 150]).toEqual([100, true]);
  expect(fingerprints((jobs) => jobs.map(structure))).toEqual(kept.fingerprints);
});

(hasBalrog ? test : test.skip)("what is kept is what BALROG's code says", () => {
  expect(fingerprints(balrog)).toEqual(kept.fingerprints);
});

const turns = (form: Form, answers: string[]) => structure({ form, answers, demonstrated: 2 });

test("an invalid answer is shown as it was given, and the next observation tells of it; an empty one is not shown", () => {
  expect(turns("naive", ["turn left.", "jump!", "", "drop", "?"]).at(-1)).toEqual([
    "instruction",
    ...["observation 0", "action=turn left", "observation 1", "action=jump"],
    ...["observation 2 after invalid", "observation 3 after invalid", "action=drop", "current 4"],
  ]);
});

test("sixteen observations are shown: the window then begins with an answer; of those that had none the label is left", () => {
  const always = (answer: string) => turns("naive", Array(18).fill(answer)).at(-1)!;
  const valid = always("drop");
  expect(valid.slice(0, 3)).toEqual(["instruction", "action=drop", "observation 2"]);
  expect(valid).toHaveLength(33);
  const silent = always("");
  expect(silent.slice(0, 4)).toEqual([
    ...["instruction", "observation", "observation", "observation 2 after invalid"],
  ]);
});

test("the last plan is kept whole by cot alone, the action by all", () => {
  const last = (form: Form, [first = "", second = ""]: string[]) =>
    turns(form, [first, second, "x"])[2]!.filter((token) => token.includes("="));
  expect(last("cot", ["a ACTION: drop", "b ACTION: toggle"])).toEqual([
    "action=drop",
    "plan=b ACTION: toggle",
  ]);
  const tagged = ["a <|ACTION|>drop<|END|>", "b <|ACTION|>toggle<|END|>"];
  expect(last("robust_cot", tagged)).toEqual(["action=drop", "action=toggle"]);
});

test("few_shot is shown an episode between its marks, before its own", () => {
  expect(turns("few_shot", ["drop", "x"])[1]).toEqual([
    ...["instruction to learn", "start 1", "observation 0", "action=turn left", "observation 1"],
    ...["action=turn left", "observation 2", "end 1", "your turn"],
    ...["observation 0", "action=drop", "current 1"],
  ]);
});

test.each(forms)("what %s is sent is well-formed text, whatever the model says", (form) => {
  const dialogue = new BalrogLikeDialogue(form);
  const turn = { mission: "m", observation: { text: "o" } };
  dialogue.ask(turn);
  dialogue.read("\ud800 ACTION: <|ACTION|>\udc00<|END|>", false);
  expect(JSON.stringify(dialogue.ask(turn))).not.toMatch(/\\ud[89a-f]/);
});
