import { type Lab, openLab } from "../lab";

/** Does something with gateway and store, and lets go of them whatever comes of it. */
export async function withLab<T>(use: (lab: Lab) => Promise<T>): Promise<T> {
  const lab = await openLab({ log: console.log });
  try {
    return await use(lab);
  } finally {
    await lab.close();
  }
}
