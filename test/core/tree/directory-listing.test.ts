import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbError } from "../../../src/core/errors.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { connected } from "../../support/fake-session.ts";

/** FILE_ID_BOTH_DIR_INFORMATION up to its name ([MS-FSCC] 2.4.17). */
const FIXED = 104;

interface HostileEntry {
  readonly name: string;
  readonly next?: number;
  readonly nameLength?: number;
}

/** Entries as a server would chain them, unless an entry says otherwise. */
function batch(entries: readonly HostileEntry[]): Uint8Array {
  const parts = entries.map(({ name, next, nameLength }, index) => {
    const text = Buffer.from(name, "utf16le");
    const length = (FIXED + text.length + 7) & ~7;
    const bytes = Buffer.alloc(length);
    bytes.writeUInt32LE(next ?? (index < entries.length - 1 ? length : 0), 0);
    bytes.writeUInt32LE(nameLength ?? text.length, 60);
    text.copy(bytes, FIXED);
    return bytes;
  });
  return new Uint8Array(Buffer.concat(parts));
}

/** A share whose one directory is sent in these batches. */
async function withListing(batches: readonly Uint8Array[]) {
  const all = await connected();
  let sent = 0;
  all.server.on(Command.QUERY_DIRECTORY, ({ reply }) => {
    const outputBuffer = batches[sent];
    sent += 1;
    reply(
      outputBuffer === undefined ? { status: NtStatus.NO_MORE_FILES } : { body: { outputBuffer } },
    );
  });
  return all;
}

async function namesOf(tree: Tree): Promise<string[]> {
  const found: string[] = [];
  for await (const entries of tree.list("")) found.push(...entries.map(({ name }) => name));
  return found;
}

describe("a listing from a hostile server", () => {
  it("keeps names as they are: who uses them must look", async () => {
    const names = ["..", "..\\..\\etc", "a/b", "nul\0", "\u001b[2J", "\ud800", ""];
    const { tree } = await withListing([batch(names.map((name) => ({ name })))]);
    assert.deepEqual(await namesOf(tree), names);
  });

  const broken: readonly [string, readonly HostileEntry[]][] = [
    ["an entry that points to itself", [{ name: "a", next: 8 }, { name: "b" }]],
    ["an entry that points out of the buffer", [{ name: "a", next: 0x7fff_fff8 }]],
    ["a name longer than the buffer", [{ name: "a", nameLength: 0xffff_fffe }]],
    ["a name of half a character", [{ name: "ab", nameLength: 3 }]],
  ];
  for (const [what, entries] of broken) {
    it(`with ${what} is an error, and the directory is closed`, async () => {
      const { server, tree } = await withListing([batch(entries)]);
      await assert.rejects(namesOf(tree), SmbError);
      assert.equal(server.requestsOf(Command.CLOSE).length, 1);
    });
  }

  it("without entries and without end is an error", async () => {
    const { server, tree } = await withListing(Array.from({ length: 99 }, () => new Uint8Array(0)));
    await assert.rejects(namesOf(tree), SmbError);
    assert.ok(server.requestsOf(Command.QUERY_DIRECTORY).length < 5);
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });

  it("that nobody reads to its end is closed", async () => {
    const endless = Array.from({ length: 99 }, () => batch([{ name: "again" }]));
    const { server, tree } = await withListing(endless);
    for await (const entries of tree.list("")) {
      assert.equal(entries.length, 1);
      break;
    }
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });
});
