import { type Harness, openHarness } from "embedded-gateway/testing/harness";
import { completion } from "embedded-gateway/testing/stand-in";
import { frame } from "./analysis/tables/frame";
import { resultsTable } from "./analysis/tables/results-table";
import { allCharts } from "./charts";
import { chartToSvg } from "./charts/drawing/render";
import { rasterize, toPicture } from "./charts/pictures/raster";
import { command, runCommand } from "./cli/command";
import { GatewayClient, GatewayError } from "./connection/client";
import { publishReport } from "./display/progress-bar";
import { TerminalListener } from "./display/terminal";
import { evaluate } from "./experiment/evaluate";
import { checkSettings } from "./experiment/plan/settings";
import { actConfig } from "./experiment/testing/act-config";
import { playedVariant } from "./experiment/testing/played-variant";
import { showFrame, showTable } from "./index";
import { ModelError } from "./models/model-error";
import { type EpisodeRow, episodes } from "./queries/episodes";
import { type InvalidAnswer, invalidAnswers } from "./queries/invalid-answers";
import { loadReplay, playerHtml } from "./replay";
import { filmStrip } from "./replay/film-strip";

// A model that answers with markup and with what terminals obey, in every place that its text can come to: nothing that is
// shown may contain it as such.

/** Clears the screen, sets the window's title and the clipboard, and turns the order of the text around. */
const OBEYED = "\x1b[2J\x1b]0;title\x07\x1b]52;c;aGk=\x1b\\\x9b31m\x00\b\u202e\ufffe";
const evil = `${OBEYED}</script><script>alert(1)</script><img src=x onerror="alert(2)">`;
let harness: Harness;
let rows: EpisodeRow[];
let invalid: InvalidAnswer[];

beforeAll(async () => {
  harness = await openHarness(actConfig(), { OPENAI_API_KEY: "sk-test-0123456789" });
  const answers = [
    { thinking: evil, action: "turn left" },
    { action: evil },
    { [evil]: evil, action: "toggle" },
    { thinking: { [evil]: evil } },
  ].map((answer) => JSON.stringify(answer));
  harness.provider.reply = (_, index) =>
    completion(index % 5 === 4 ? evil : (answers[index % 5] ?? null));
  const { id } = await evaluate(
    {
      client: new GatewayClient({
        url: "http://embedded",
        fetch: async (input, init) => harness.gateway.app.fetch(new Request(input, init)),
      }),
      variant: () => playedVariant(),
      recordFailure: async () => {},
    },
    checkSettings(
      { variants: ["retried"], tasks: ["BabyAI-MixedTrainLocal-v0/goto"], episodes: 1, seed: 203 },
      ["retried"],
    ),
    {},
  );
  await harness.gateway.flush();
  rows = await episodes(harness.clickhouse, id);
  invalid = await invalidAnswers(harness.clickhouse, id);
});
afterAll(() => harness.close());

function safe(markup: string) {
  expect(markup.length).toBeGreaterThan(100);
  expect(markup).not.toContain("<script>alert");
  expect(markup).not.toContain("<img");
  harmless(markup);
}

function harmless(text: string) {
  expect(text).not.toMatch(/(?![\t\n])[\p{Cc}\u202a-\u202e\u2066-\u2069\ufffe]/u);
}

test("the answers are stored as they came", () => {
  expect(rows).toHaveLength(1);
  expect(invalid.map(({ answer }) => answer)).toContain(evil);
  expect(invalid).toHaveLength(rows[0]!.invalid_actions!);
});

describe("in a notebook", () => {
  const shown: Record<string, string>[] = [];
  const kernel = globalThis as { __tslab__?: object };
  beforeAll(() => {
    const lastWriteDisplayData = ({ data }: { data: Record<string, string> }) => shown.push(data);
    kernel.__tslab__ = { require: () => ({ lastWriteDisplayData }) };
  });
  afterAll(() => {
    delete kernel.__tslab__;
  });
  const last = () => shown.at(-1)?.["text/html"] ?? "";

  test("tables and frames of answers, names and errors", () => {
    showTable(invalid.map((row) => ({ ...row })));
    expect(last()).toContain("&lt;script&gt;");
    safe(last());
    showTable([{ [evil]: evil }]);
    safe(last());
    showFrame(frame(resultsTable(rows.map((row) => ({ ...row, variant: evil, error: evil })))));
    safe(last());
  });

  test("the report's names", () => {
    publishReport({ run: evil, directory: evil, table: evil, charts: [evil] });
    safe(last());
  });
});

test("charts whose variant and task are markup", async () => {
  const hostile = rows.map((row) => ({ ...row, variant: evil, task: evil }));
  for (const spec of Object.values(allCharts(hostile))) {
    const svg = await chartToSvg(spec);
    safe(svg);
    expect(
      Buffer.from(await rasterize(svg))
        .subarray(1, 4)
        .toString(),
    ).toBe("PNG");
  }
});

test("the player and the film strip", async () => {
  const replay = await loadReplay(harness.clickhouse, rows[0]!.episode_id!);
  const renamed = { ...replay, episode: { ...replay.episode, variant: evil, error: evil } };
  safe(playerHtml([renamed]));
  const strip = filmStrip(renamed);
  safe(strip);
  expect((await toPicture(strip)).width).toBeGreaterThan(0);
});

test("what a terminal gets: tables, progress, errors, and all that a notebook's cells print but colors", async () => {
  const written: string[] = [];
  const write = (text: unknown) => written.push(String(text)) > 0;
  const spies = [process.stdout, process.stderr].map((stream) =>
    jest.spyOn(stream, "write").mockImplementation(write),
  );
  showTable(invalid.map((row) => ({ ...row })));
  showTable([{ [evil]: evil }]);
  const terminal = new TerminalListener({ headings: true });
  terminal.stream("stdout", `${evil}\r\n`);
  terminal.note(evil);
  terminal.stream("stderr", "\x1b[31mred\x1b[39m\n");
  const fail = command({
    ...{ usage: "", about: "", options: {} },
    run: () => Promise.reject(new GatewayError(evil, 500)),
  });
  await runCommand(fail, [], "");
  await runCommand({ ...fail, run: () => Promise.reject(new Error(evil)) }, [], "");
  for (const spy of spies) spy.mockRestore();
  const text = written.join("");
  expect(text).toContain("�[2J�]0;title�");
  expect(text).toContain("\x1b[31mred\x1b[39m\n");
  harmless(text.replace("\x1b[31mred\x1b[39m", ""));
  expect(new ModelError("refused", evil).message).toContain("�[2J");
});
