import { randomBytes as nodeRandomBytes } from "node:crypto";

/** Gives `length` unpredictable bytes; tests inject their own. */
export type RandomSource = (length: number) => Uint8Array;

/** Bytes from the system's generator. */
export const randomBytes: RandomSource = (length) => {
  const bytes = new Uint8Array(length);
  bytes.set(nodeRandomBytes(length));
  return bytes;
};
