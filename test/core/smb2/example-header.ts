import type { Smb2Header } from "../../../src/core/smb2/header.ts";

/** A header of which every field says something. */
export const exampleHeader: Smb2Header = {
  creditCharge: 16,
  status: 0,
  command: 8,
  credits: 32,
  flags: 0x08,
  nextCommand: 0,
  messageId: 2 ** 40 + 5,
  asyncId: 0n,
  treeId: 0xfeed_0001,
  sessionId: 0x8877_6655_4433_2211n,
};
