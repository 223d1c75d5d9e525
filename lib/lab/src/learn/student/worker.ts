import { parentPort, workerData } from "node:worker_threads";
import { type ThreadTask, trainInThread } from "./thread";

// A thread of the trainer's.
trainInThread(workerData as ThreadTask, (report) => parentPort?.postMessage(report));
