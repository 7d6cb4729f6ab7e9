import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { SmbError } from "../../../src/core/errors.ts";
import { encodeDirectory } from "../../../src/core/fscc/directory-information.ts";
import { FileInformationClass } from "../../../src/core/fscc/file-information-class.ts";
import { NtStatus, ntStatusName } from "../../../src/core/nt-status.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { entryOf, FakeDirectories, type FakeDirectory } from "../../support/fake-directory.ts";
import type { FakeServerOptions } from "../../support/fake-server.ts";
import { CREATED, connected } from "../../support/fake-session.ts";

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

  it("that sends the same part again and again is an error", async () => {
    const parts = ["a", "b", "a", "b", "a"].map((name) => batch([{ name }]));
    const { server, tree } = await withListing(parts);
    await assert.rejects(namesOf(tree), /again and again/);
    assert.ok(server.requestsOf(Command.QUERY_DIRECTORY).length < 5);
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });

  it("that nobody reads to its end is closed", async () => {
    const endless = Array.from({ length: 99 }, (_, index) => batch([{ name: `n${index}` }]));
    const { server, tree } = await withListing(endless);
    for await (const entries of tree.list("")) {
      assert.equal(entries.length, 1);
      break;
    }
    assert.equal(server.requestsOf(Command.CLOSE).length, 1);
  });
});

async function share(directory: FakeDirectory, options: FakeServerOptions = {}) {
  const all = await connected(options);
  return { ...all, directories: new FakeDirectories(all.server, { "": directory }) };
}

async function listed(tree: Tree, pattern?: string): Promise<string[]> {
  const found: string[] = [];
  for await (const entries of tree.list("", { pattern })) {
    found.push(...entries.map(({ name }) => name));
  }
  return found;
}

describe("a listing", () => {
  it("ends with NO_SUCH_FILE as with NO_MORE_FILES", async () => {
    for (const end of [NtStatus.NO_SUCH_FILE, NtStatus.NO_MORE_FILES]) {
      const { tree } = await share({ batches: [[entryOf("a")], [entryOf("b")]], end });
      assert.deepEqual(await listed(tree), ["a", "b"]);
    }
  });

  it("of an empty directory is empty; a mask that nothing matches is a failure", async () => {
    for (const end of [NtStatus.NO_SUCH_FILE, NtStatus.NO_MORE_FILES]) {
      const { tree, directories } = await share({ batches: [], end });
      assert.deepEqual(await listed(tree), []);
      assert.deepEqual(await listed(tree, "*.*"), []);
      for (const pattern of ["*.txt", "a"]) {
        await assert.rejects(listed(tree, pattern), { status: NtStatus.NO_SUCH_FILE });
      }
      assert.equal(directories.open.size, 0);
    }
  });

  it("of a name ends after one answer, also where the server repeats it for ever", async () => {
    const again = [entryOf("A.txt"), entryOf("A.txt")];
    const { tree, server } = await share({ batches: Array.from({ length: 99 }, () => again) });
    assert.deepEqual(await listed(tree, "a.TXT"), ["A.txt"]);
    assert.equal(server.requestsOf(Command.QUERY_DIRECTORY).length, 1);
  });

  it("takes what a mask means by long names, whatever the server matched", async () => {
    const entries = [
      entryOf("page.html", { shortName: "PAGE~1.HTM" }),
      entryOf("A.HTM"),
      entryOf("nodot"),
    ];
    const { tree, server } = await share({ batches: [entries] });
    assert.deepEqual(await listed(tree, "*.htm"), ["A.HTM"]);
    assert.deepEqual(await listed(tree, "*.*"), ["page.html", "A.HTM", "nodot"]);
    const last = server.requestsOf(Command.QUERY_DIRECTORY).at(-1)?.body;
    assert.equal((last as { readonly fileName: string }).fileName, "*");
    await assert.rejects(listed(tree, "*~*"), { status: NtStatus.NO_SUCH_FILE });
  });

  it("takes a short name that was typed, but no answer to another question", async () => {
    const short = entryOf("page.html", { shortName: "PAGE~1.HTM" });
    assert.deepEqual(await listed((await share({ batches: [[short]] })).tree, "page~1.htm"), [
      "page.html",
    ]);
    // Where the class has no short names, the server has to know what it found.
    assert.deepEqual(await listed((await share({ batches: [[entryOf("long")]] })).tree, "LO~1"), [
      "long",
    ]);
    const { tree } = await share({ batches: [[short, entryOf("other")]] });
    await assert.rejects(listed(tree, "wrong"), { status: NtStatus.NO_SUCH_FILE });
  });

  it("steps down to a class that the server has, and remembers it", async () => {
    const { INVALID_PARAMETER, NOT_SUPPORTED, NOT_IMPLEMENTED, INVALID_INFO_CLASS } = NtStatus;
    const steps: readonly (readonly [kind: number, refusal: number, queries: number])[] = [
      [FileInformationClass.BOTH_DIRECTORY, INVALID_PARAMETER, 2],
      [FileInformationClass.FULL_DIRECTORY, NOT_SUPPORTED, 3],
      [FileInformationClass.DIRECTORY, NOT_IMPLEMENTED, 4],
      [FileInformationClass.DIRECTORY, INVALID_INFO_CLASS, 4],
    ];
    for (const [kind, refusal, queries] of steps) {
      const { tree, server, directories } = await share({ batches: [[entryOf("a", { size: 5 })]] });
      Object.assign(directories, { classes: [kind], refusal });
      assert.deepEqual(await listed(tree), ["a"]);
      assert.equal(server.requestsOf(Command.QUERY_DIRECTORY).length, queries + 1);
      assert.deepEqual(await listed(tree), ["a"]);
      assert.equal(server.requestsOf(Command.QUERY_DIRECTORY).length, queries + 3);
    }
  });

  it("fails with what the server said first where it has no class at all", async () => {
    const { tree, directories } = await share({ batches: [[entryOf("a")]] });
    Object.assign(directories, { classes: [], refusal: NtStatus.NOT_SUPPORTED });
    await assert.rejects(listed(tree), { status: NtStatus.NOT_SUPPORTED });
    assert.equal(directories.open.size, 0);
  });

  it("asks for one batch more than its reader has taken, not for all", async () => {
    const batches = Array.from({ length: 50 }, (_, index) => [entryOf(`f${index}`)]);
    const { tree, server } = await share({ batches });
    const listing = tree.list("");
    for (let taken = 1; taken <= 3; taken += 1) {
      await listing.next();
      // A reader that is slow: whatever may come of itself has come by then.
      for (let turn = 0; turn < 50; turn += 1) await new Promise(setImmediate);
      assert.equal(server.requestsOf(Command.QUERY_DIRECTORY).length, taken + 1);
    }
    await listing.return(undefined);
  });

  it("keeps the connection where a size is none", async () => {
    const { tree, server, client } = await share({ batches: [] });
    const bytes = encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, [entryOf("a")]);
    new DataView(bytes.buffer).setBigInt64(48, -1n, true);
    let isSent = false;
    server.on(Command.QUERY_DIRECTORY, ({ reply }) => {
      reply(isSent ? { status: NtStatus.NO_MORE_FILES } : { body: { outputBuffer: bytes } });
      isSent = true;
    });
    assert.deepEqual(await listed(tree), ["a"]);
    assert.equal(client.connection.isClosed, false);
  });
});

describe("stat", () => {
  const { INVALID_PARAMETER, NOT_SUPPORTED, NOT_IMPLEMENTED, INVALID_INFO_CLASS } = NtStatus;
  for (const status of [INVALID_PARAMETER, NOT_SUPPORTED, NOT_IMPLEMENTED, INVALID_INFO_CLASS]) {
    it(`takes what CREATE said where the server answers ${ntStatusName(status)}`, async () => {
      const { tree, server } = await connected();
      server.on(Command.QUERY_INFO, ({ reply }) => reply({ status }));
      const stat = await tree.stat("f");
      assert.equal(stat.size, CREATED.endOfFile);
      assert.equal(stat.attributes, CREATED.fileAttributes);
      assert.equal(stat.isDirectory, false);
      assert.equal(server.requestsOf(Command.CREATE).length, 1);
      assert.equal(server.requestsOf(Command.CLOSE).length, 1);
    });
  }

  it("fails with any other answer, and where the file cannot be opened", async () => {
    const { tree, server } = await connected();
    server.on(Command.QUERY_INFO, ({ reply }) => reply({ status: NtStatus.ACCESS_DENIED }));
    await assert.rejects(tree.stat("f"), { status: NtStatus.ACCESS_DENIED });
    server.on(Command.CREATE, ({ reply }) => reply({ status: INVALID_PARAMETER }));
    server.on(Command.QUERY_INFO, ({ reply }) => reply({ status: INVALID_PARAMETER }));
    await assert.rejects(tree.stat("f"), { status: INVALID_PARAMETER });
  });
});
