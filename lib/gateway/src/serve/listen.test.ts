import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { Hono } from "hono";
import { listen } from "./listen";

const MANY = 1500;

const system = () => Number(readFileSync("/proc/sys/net/core/somaxconn", "utf8"));

(process.platform === "linux" && system() >= MANY ? test : test.skip)(
  "many connections at once find a place while the process is busy, and none is reset",
  async () => {
    const service = await listen("clickhouse", new Hono(), { port: 0 });
    try {
      // This process does nothing until the other one has ended.
      const args = ["-e", CLIENT, new URL(service.url).port];
      const { stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      expect(stdout).toBe(String(MANY));
    } finally {
      await service.close();
    }
  },
);

/** Prints how many of its connections are made: all, or those that find a place within some seconds. */
const CLIENT = `
  let made = 0;
  const end = () => { process.stdout.write(String(made)); process.exit(); };
  setTimeout(end, 5000);
  for (let i = 0; i < ${MANY}; i++) {
    require("node:net").connect(Number(process.argv[1]), "127.0.0.1", () => {
      if (++made === ${MANY}) end();
    }).on("error", () => {});
  }
`;
