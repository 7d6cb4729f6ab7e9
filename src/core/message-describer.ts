/**
 * One line of text for each command in a message, without contents ({@link MessageDescriber}).
 * Loaded only by those who trace: it knows every message there is.
 */
export type MessageDescriber = (bytes: Uint8Array, direction: "request" | "response") => string;

/** Loads what turns a message into text for a trace. */
export async function loadMessageDescriber(): Promise<MessageDescriber> {
  return (await import("./smb2/describe.ts")).describeMessage;
}
