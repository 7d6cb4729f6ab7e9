import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { encodeDirectory } from "../../../src/core/fscc/directory-information.ts";
import { FileInformationClass } from "../../../src/core/fscc/file-information-class.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { NameSet } from "../../../src/core/tree/name-set.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { entryOf } from "../../support/fake-directory.ts";
import { CREATED, connected } from "../../support/fake-session.ts";

/** Four batches of two names. */
const BATCHES = ["ab", "cd", "ef", "gh"].map((names) => [...names].map((name) => entryOf(name)));

/**
 * A session of two channels whose server lists `BATCHES`, each handle from its start. It answers the
 * `lost`th query of the first handle never, and `gone` has been removed when it is asked again.
 */
async function withLoss(lost: number, gone: string) {
  const all = await connected({ capabilities: 12, credits: 64 });
  const { server, client } = all;
  const transports = [server.factory()];
  const settings = { target: { host: "server" }, transports, clock: systemClock };
  const route = { kind: "memory", address: "server" } as const;
  await openChannel(client.session, route, settings, new AbortController().signal);
  const sent: number[] = [];
  server.on(Command.CREATE, ({ reply }) => {
    sent.push(0);
    reply({ body: { ...CREATED, fileId: new Uint8Array(16).fill(sent.length) } });
  });
  server.on(Command.QUERY_DIRECTORY, ({ body, reply }) => {
    const { fileId } = body as { fileId: Uint8Array };
    const handle = fileId[0] === 0xff ? sent.length - 1 : (fileId[0] ?? 0) - 1;
    const at = sent[handle] ?? 0;
    sent[handle] = at + 1;
    if (handle === 0 && at === lost) return;
    const entries = BATCHES[at]?.filter(({ name }) => handle === 0 || name !== gone);
    if (entries === undefined) return reply({ status: NtStatus.NO_MORE_FILES });
    reply({
      body: { outputBuffer: encodeDirectory(FileInformationClass.ID_BOTH_DIRECTORY, entries) },
    });
  });
  return all;
}

async function listWithLoss(lost: number, gone = ""): Promise<string> {
  const { server, tree } = await withLoss(lost, gone);
  const listing = namesOf(tree);
  listing.catch(() => {});
  while (server.requestsOf(Command.QUERY_DIRECTORY).length <= lost) await new Promise(setImmediate);
  await server.disconnect(server.requestsOf(Command.QUERY_DIRECTORY).at(-1)?.connection ?? 0);
  return await listing;
}

async function namesOf(tree: Tree): Promise<string> {
  let names = "";
  for await (const entries of tree.list("")) names += entries.map(({ name }) => name).join("");
  return names;
}

describe("a listing whose answer is lost with its channel", () => {
  for (const lost of [0, 1, 2, 3, 4]) {
    it(`has every name, and each once, where it was answer ${lost}`, async () => {
      assert.equal(await listWithLoss(lost), "abcdefgh");
    });
  }

  it("goes on behind what was removed meanwhile", async () => {
    assert.equal(await listWithLoss(2, "b"), "abcdefgh");
    assert.equal(await listWithLoss(2, "f"), "abcdegh");
  });
});

describe("a set of names", () => {
  it("knows what is in it, and nothing else", () => {
    const set = new NameSet();
    const names = Array.from({ length: 50_000 }, (_, at) => `file ${at} ${"x".repeat(at % 40)}`);
    for (const name of names) assert.equal(set.add(name), true, name);
    for (const name of names) assert.equal(set.add(name), false, name);
    assert.equal(set.size, names.length);
    for (const name of ["", "\0", "file 1", "FILE 0 "]) assert.equal(set.add(name), true, name);
  });
});
