import { Worker } from "node:worker_threads";
import { forDrawing } from "../text/foreign";
import { PNG_OPTIONS } from "./raster";

/** What the thread runs; as text, so that it is the same where the sources are run. */
const THREAD = `
const { readFileSync } = require("node:fs");
const { parentPort, workerData } = require("node:worker_threads");
const { Resvg, initWasm } = require(workerData.resvg);
const ready = initWasm(readFileSync(workerData.wasm));
parentPort.on("message", async ({ svg, fonts }) => {
  await ready;
  const drawing = new Resvg(svg, { ...workerData.options, font: { fontBuffers: fonts } });
  const image = drawing.render();
  parentPort.postMessage(image.asPng());
  image.free();
  drawing.free();
});
`;

/** Draws what `rasterize` draws, in a thread of its own. */
export class Rasterizer {
  private readonly worker = new Worker(THREAD, {
    eval: true,
    execArgv: [],
    workerData: {
      resvg: require.resolve("@resvg/resvg-wasm"),
      wasm: require.resolve("@resvg/resvg-wasm/index_bg.wasm"),
      options: PNG_OPTIONS,
    },
  });
  /** In the order in which they were asked for, which is that of the answers. */
  private readonly asked: {
    resolve(png: Uint8Array): void;
    reject(error: unknown): void;
  }[] = [];

  constructor() {
    this.worker.on("message", (png: Uint8Array) => this.asked.shift()?.resolve(png));
    this.worker.on("error", (error) => {
      for (const { reject } of this.asked.splice(0)) reject(error);
    });
  }

  draw(svg: string): Promise<Uint8Array> {
    const drawn = new Promise<Uint8Array>((resolve, reject) =>
      this.asked.push({ resolve, reject }),
    );
    drawn.catch(() => {}); // it is awaited when all have been asked for
    this.worker.postMessage(forDrawing(svg));
    return drawn;
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }
}
