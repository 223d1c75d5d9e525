import { createHash, timingSafeEqual } from "node:crypto";

/** subtle: hashed, so that the time it takes tells nothing of the secret, not even its length. */
export function isSameSecret(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
