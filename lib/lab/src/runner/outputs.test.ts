import { codeCell } from "./nbformat";
import { OutputCollector } from "./outputs";
import { createRequest } from "./wire";

const message = (type: string, content: Record<string, unknown>) =>
  createRequest(type, content, "");
const stream = (name: string, text: string) => message("stream", { name, text });
const html = (text: string, id?: string, type = "display_data") =>
  message(type, { data: { "text/html": text }, metadata: {}, transient: { display_id: id } });

test("consecutive texts of one stream are one output", () => {
  const cell = codeCell("");
  const collector = new OutputCollector();
  for (const [name, text] of [
    ["stdout", "a"],
    ["stdout", "b\n"],
    ["stderr", "e"],
    ["stdout", "c"],
  ] as const) {
    collector.apply(cell, stream(name, text));
  }
  expect(cell.outputs).toEqual([
    { output_type: "stream", name: "stdout", text: "ab\n" },
    { output_type: "stream", name: "stderr", text: "e" },
    { output_type: "stream", name: "stdout", text: "c" },
  ]);
});

test("an update replaces every output of its id in place, in other cells too, and nothing else", () => {
  const [first, second] = [codeCell(""), codeCell("")];
  const collector = new OutputCollector();
  collector.apply(first, html("old", "x"));
  collector.apply(first, html("other", "y"));
  collector.apply(second, html("old", "x"));
  collector.apply(second, html("none"));
  collector.apply(second, html("new", "x", "update_display_data"));
  collector.apply(second, html("?", "unknown", "update_display_data"));
  const texts = (cell: typeof first) =>
    cell.outputs.map((output) => "data" in output && output.data["text/html"]);
  expect([texts(first), texts(second)]).toEqual([
    ["new", "other"],
    ["new", "none"],
  ]);
});

test("results and errors keep what the format asks for", () => {
  const cell = codeCell("");
  const collector = new OutputCollector();
  const data = { "text/plain": "1" };
  collector.apply(cell, message("execute_result", { data, metadata: {}, execution_count: 3 }));
  const error = { ename: "E", evalue: "v", traceback: ["t"] };
  collector.apply(cell, message("error", error));
  expect(cell.outputs).toEqual([
    { output_type: "execute_result", data, metadata: {}, execution_count: 3 },
    { output_type: "error", ...error },
  ]);
});

test("clear_output clears at once, or with the next output when it waits", () => {
  const cell = codeCell("");
  const collector = new OutputCollector();
  collector.apply(cell, stream("stdout", "a"));
  collector.apply(cell, message("clear_output", { wait: true }));
  expect(cell.outputs).toHaveLength(1);
  collector.apply(cell, stream("stdout", "b"));
  expect(cell.outputs).toEqual([{ output_type: "stream", name: "stdout", text: "b" }]);
  collector.apply(cell, message("clear_output", { wait: false }));
  expect(cell.outputs).toEqual([]);
});
