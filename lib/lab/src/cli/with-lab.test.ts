import { main } from "../main";

test.each([["runs"], ["export", "rows.csv"], ["replay", "00000000-0000-7000-8000-000000000000"]])(
  "npm run %s says in a line why it cannot open gateway and store",
  async (command, ...args) => {
    const { CLICKHOUSE_URL, TENSORZERO_GATEWAY_URL } = process.env;
    Object.assign(process.env, {
      CLICKHOUSE_URL: "http://localhost:1",
      TENSORZERO_GATEWAY_URL: "",
    });
    const said = jest.spyOn(process.stderr, "write").mockReturnValue(true);
    try {
      expect(await main(command, args)).toBe(1);
      expect(said.mock.calls).toEqual([
        [expect.stringMatching(/^CLICKHOUSE_URL is set without TENSORZERO_GATEWAY_URL .*\n$/)],
      ]);
    } finally {
      said.mockRestore();
      delete process.env.CLICKHOUSE_URL;
      delete process.env.TENSORZERO_GATEWAY_URL;
      if (CLICKHOUSE_URL !== undefined) process.env.CLICKHOUSE_URL = CLICKHOUSE_URL;
      if (TENSORZERO_GATEWAY_URL !== undefined)
        process.env.TENSORZERO_GATEWAY_URL = TENSORZERO_GATEWAY_URL;
    }
  },
);
