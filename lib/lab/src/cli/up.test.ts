import { root } from "../project/root";
import { runCommand } from "./command";
import up from "./up";

test.each([
  ["--in-container", 'goes with "gateway" or "models" only'],
  ["models --allow-outside", "--allow-outside is of ClickHouse, which models does not serve"],
  ["gateway --compose-password", "--compose-password is of ClickHouse, which gateway does not"],
  ["models --password word", "only this machine reaches 127.0.0.1"],
  ["models --host 0.0.0.0 --in-container --password-file /dev/null", "does without one"],
  ["model", 'There is no service "model".'],
])("npm run up %s says what is wrong, and serves nothing", async (words, message) => {
  const printed = jest.spyOn(process.stderr, "write").mockReturnValue(true);
  const code = await runCommand(up, words.split(" "), root);
  const [text] = printed.mock.calls[0] ?? [];
  printed.mockRestore();
  expect([code, text]).toEqual([1, expect.stringContaining(message)]);
});
