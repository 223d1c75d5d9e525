import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";

/**
 * Names this machine's processes: within one name a process id means one process. Containers of a machine have ids of their
 * own, and a machine forgets its processes when it starts anew.
 */
export const machine: string = (() => {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot} ${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return hostname(); // no Linux, and so no namespaces
  }
})();
