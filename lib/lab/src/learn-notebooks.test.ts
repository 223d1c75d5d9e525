import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { readStudent } from "./agents/local/student/weights";
import { catchPrinted, printed } from "./cli/testing/printed";
import { main } from "./main";
import { root } from "./project/root";
import { readNotebook } from "./runner/nbformat";

// A notebook that trains, from top to bottom on a real kernel, gateway and store, in a small setting.
mkdirSync(join(root, "data", ".local"), { recursive: true });
const directory = mkdtempSync(join(root, "data", ".local", "learn-test-"));
afterAll(() => rmSync(directory, { recursive: true }));

catchPrinted();

async function run(name: string, parameters: Record<string, number | string>): Promise<string> {
  const output = join(directory, `${name}.ipynb`);
  const given = Object.entries({ ...parameters, dataDir: join(directory, name) });
  const words = given.flatMap(([key, value]) => ["-p", `${key}=${value}`]);
  const notebook = join(root, "notebooks", `${name}.ipynb`);
  const code = await main("notebook", [notebook, ...words, "-o", output]);
  expect([code, code === 0 ? "" : printed.stderr]).toEqual([0, ""]);
  return JSON.stringify(readNotebook(output));
}

test("learn.ipynb: demonstrations, two trainings, a corrected round, a file of weights", async () => {
  const save = join(directory, "student.bin");
  const small = { episodes: 3, corrected: 1, epochs: 3, epochsAfter: 3, evaluated: 1, wandered: 1 };
  const text = await run("learn", { ...small, save });
  expect(text).toMatch(/[45] seeds learned from/); // played once more where it was not solved
  expect(existsSync(save)).toBe(true);
  expect((await readStudent(save)).card).toMatchObject({ evaluated: "seeds 1000 to 1000" });
});

test("improve.ipynb: a round of chance, a student that learns from what it fulfilled", async () => {
  const small = { chance: 2, episodes: 5, rounds: 1, steps: 20, evaluated: 1 };
  const text = await run("improve", small);
  expect(text).toMatch(/round 1: goto \d/);
});
