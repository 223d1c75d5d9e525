import { execFile, spawn } from "node:child_process";
import { existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { messageOf } from "../basics/message-of";

/** TensorZero's own gateway could not be had; the message is one line that says what to do. */
export class PeerError extends Error {
  override readonly name = "PeerError";
}

/** Where the Python file, and the configuration of the probes, are. */
export const PEER = join(__dirname, "..", "..", "peer");

/**
 * The Python of a virtual environment with that release of TensorZero's package, which is made if it is missing.
 *
 * @param folder where virtual environments are kept
 * @throws PeerError there is no Python, or no such release
 */
export async function peerPython(folder: string, version: string): Promise<string> {
  const home = join(folder, `tensorzero-${version}`);
  const python = (base: string) => join(base, "bin", "python");
  if (existsSync(python(home))) return python(home);
  const unfinished = `${home}.${process.pid}`;
  try {
    mkdirSync(folder, { recursive: true });
    const run = promisify(execFile);
    await run("python3", ["-m", "venv", unfinished]);
    await run(python(unfinished), ["-m", "pip", "install", "--quiet", `tensorzero==${version}`]);
    renameSync(unfinished, home);
  } catch (cause) {
    throw new PeerError(
      `A virtual environment with tensorzero==${version} could not be made; it needs python3 of 3.10 or newer and a package ` +
        `index: ${messageOf(cause).trim().split("\n").at(-1)}`,
      { cause },
    );
  }
  return python(home);
}

export interface Peer {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts TensorZero's own gateway.
 *
 * @param config a file, or a glob of several
 * @param clickhouse ClickHouse's address with user, password and database, which is made if it is missing
 * @throws PeerError it did not start
 */
export async function startPeer(python: string, config: string, clickhouse: string): Promise<Peer> {
  const { OPENAI_API_KEY: _, ...env } = process.env;
  const child = spawn(python, [join(PEER, "serve.py"), config, clickhouse], {
    env: { ...env, PYTHONDONTWRITEBYTECODE: "1" },
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const said: string[] = [];
  child.stderr.on("data", (data) => said.push(String(data)));
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).on("line", (line) => {
      if (line.startsWith("http://")) resolve(line);
      else said.push(`${line}\n`);
    });
    child.once("error", reject);
    child.once("close", () => reject(new Error(said.join("").trim().split("\n").at(-1))));
  }).catch((cause) => {
    const problem = messageOf(cause);
    throw new PeerError(`TensorZero's own gateway did not start: ${problem}`, { cause });
  });
  return {
    url,
    close: () => {
      child.stdin.end();
      return ended;
    },
  };
}
