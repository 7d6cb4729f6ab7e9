import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { systemClock } from "../../../src/core/clock.ts";
import { openChannel } from "../../../src/core/multichannel/open-channel.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { CipherId, Command, Dialect, HeaderFlags } from "../../../src/core/smb2/constants.ts";
import { ProtocolId } from "../../../src/core/smb2/header.ts";
import type { TransportFactory } from "../../../src/core/transport.ts";
import type { Tree } from "../../../src/core/tree/tree.ts";
import { ManualClock } from "../../support/clock.ts";
import type { FakeRequest, FakeServerOptions } from "../../support/fake-server.ts";
import { CLOSED, CREATED, openFile } from "../../support/fake-session.ts";

const MIB = 1024 * 1024;

/** A file open on a session of `count` channels. */
async function withChannels(
  count: number,
  options: FakeServerOptions = {},
  client: Parameters<typeof openFile>[1] = {},
) {
  const all = await openFile({ capabilities: 12, credits: 64, ...options }, client);
  const transports = client.transports ?? [all.server.factory()];
  const settings = { target: { host: "server" }, transports, clock: client.clock ?? systemClock };
  const route = { kind: "memory", address: "server" } as const;
  const add = () => openChannel(all.client.session, route, settings, new AbortController().signal);
  for (let number = 1; number < count; number += 1) await add();
  return { ...all, add };
}

const data = (length: number) => ({
  body: { data: new Uint8Array(length), dataRemaining: 0, flags: 0 },
});

/** Lets everything that is under way inside this process arrive. */
async function settle(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise(setImmediate);
}

/** Requests of a command by connection and flags: `1 replay 1` is what was replayed in sequence 1. */
function told(requests: readonly FakeRequest[]): string[] {
  return requests.map(({ connection, header }) => {
    const isReplay = (header.flags & HeaderFlags.REPLAY_OPERATION) !== 0;
    return `${connection}${isReplay ? " replay" : ""} ${header.status}`;
  });
}

describe("a channel", () => {
  for (const dialect of [Dialect.SMB_3_0, Dialect.SMB_3_0_2, Dialect.SMB_3_1_1]) {
    it(`signs with a key of its own: dialect ${dialect.toString(16)}`, async () => {
      const { server, client, file } = await withChannels(3, { dialect });
      // The fake server signs what it answers on a channel with that channel's key.
      server.on(Command.READ, ({ reply }) => reply(data(MIB)));
      const buffers = [0, 1, 2].map(() => new Uint8Array(MIB));
      const reads = buffers.map((buffer, index) => file.read(buffer, index * MIB));
      assert.deepEqual(await Promise.all(reads), [MIB, MIB, MIB]);
      assert.deepEqual(told(server.requestsOf(Command.READ)), ["0 0", "1 0", "2 0"]);
      const signers = client.session.channels.map(({ security }) => security.signer);
      assert.equal(new Set(signers).size, 3);
    });
  }

  it("that the server refuses does no harm", async () => {
    const { server, client, add } = await withChannels(1);
    server.on(Command.SESSION_SETUP, ({ reply }) =>
      reply({ status: NtStatus.REQUEST_NOT_ACCEPTED }),
    );
    await assert.rejects(add(), /no room for another session/);
    assert.equal(client.session.channels.length, 1);
    await client.connection.echo();
  });

  it("is refused where somebody on the way changed the last answer", async () => {
    let isOn = false;
    const meddle = (frame: Uint8Array): Uint8Array[] => {
      const isFinal = frame[12] === Command.SESSION_SETUP && frame[8] === 0 && isOn;
      if (isFinal) frame[50] = (frame[50] ?? 0) ^ 1;
      return [frame];
    };
    const { client, add } = await withChannels(1, { meddle });
    isOn = true;
    await assert.rejects(add(), /signature/);
    assert.equal(client.session.channels.length, 1);
  });

  it("needs a user: a guest has no key to prove who binds", async () => {
    const credentials = {
      kind: "guest",
      username: "anna",
      domain: "",
      password: "secret",
    } as const;
    await assert.rejects(withChannels(2, { sessionFlags: 1 }, { credentials }), /Only a user/);
  });

  it("needs SMB 3", async () => {
    await assert.rejects(withChannels(2, { dialect: Dialect.SMB_2_1 }), /SMB 3/);
  });

  it("never encrypts with a nonce that another one has used", async () => {
    const nonces: string[] = [];
    const spy = (factory: TransportFactory): TransportFactory => ({
      ...factory,
      unavailable: () => undefined,
      dial: async (target, options) => {
        const wire = await factory.dial(target, options);
        const send = wire.send.bind(wire);
        wire.send = (parts) => {
          const [head] = parts;
          const view = new DataView(head?.buffer ?? new ArrayBuffer(64), head?.byteOffset ?? 0);
          if (view.getUint32(0, true) === ProtocolId.TRANSFORM)
            nonces.push(Buffer.from(head ?? []).toString("hex", 20, 36));
          return send(parts);
        };
        return wire;
      },
    });
    const options = { cipher: CipherId.AES_128_GCM };
    const { server, client } = await openFile(options, { protection: "encrypt" });
    const settings = {
      target: { host: "server" },
      transports: [spy(server.factory())],
      clock: systemClock,
    };
    const route = { kind: "memory", address: "server" } as const;
    for (let number = 0; number < 3; number += 1)
      await openChannel(client.session, route, settings, new AbortController().signal);
    const tree = await client.connectTree("share");
    const file = await tree.openFile("f", { access: 1 });
    server.on(Command.READ, ({ reply }) => reply(data(MIB)));
    const reads = Array.from({ length: 12 }, (_, at) => file.read(new Uint8Array(MIB), at * MIB));
    await Promise.all(reads);
    assert.ok(nonces.length >= 9, `${nonces.length}`);
    assert.equal(new Set(nonces).size, nonces.length);
  });
});

describe("requests of a session with several channels", () => {
  it("go where the fewest bytes are under way; control requests keep to the first one", async () => {
    const { server, client, file } = await withChannels(4);
    server.on(Command.READ, () => {});
    for (let at = 0; at < 8; at += 1) file.read(new Uint8Array(MIB), at * MIB).catch(() => {});
    await client.connectTree("other");
    await settle();
    const connections = server.requestsOf(Command.READ).map(({ connection }) => connection);
    assert.deepEqual(connections.sort(), [0, 0, 1, 1, 2, 2, 3, 3]);
    assert.equal(server.requestsOf(Command.TREE_CONNECT).at(-1)?.connection, 0);
  });

  it("are cancelled where they were sent", async () => {
    const { server, file } = await withChannels(3);
    server.on(Command.READ, () => {});
    const abort = new AbortController();
    const { signal } = abort;
    const reads = [0, 1, 2].map((at) => file.read(new Uint8Array(MIB), at * MIB, { signal }));
    await settle();
    abort.abort(new Error("enough"));
    for (const read of reads) await assert.rejects(read, /enough/);
    await settle();
    const cancels = server.requestsOf(Command.CANCEL).map(({ connection }) => connection);
    assert.deepEqual(cancels, [0, 1, 2]);
  });

  it("hear of a lease break on any channel", async () => {
    const { server, client } = await withChannels(2);
    const breaks: number[] = [];
    client.session.onBreak = (message) => breaks.push(message.length);
    for (const connection of [0, 1]) server.sendRaw(oplockBreak(), connection);
    await settle();
    assert.equal(breaks.length, 2);
  });
});

/** An oplock break notification as a server sends it: unsigned, MessageId all ones. */
function oplockBreak(): Uint8Array {
  const message = new Uint8Array(64 + 24);
  const view = new DataView(message.buffer);
  view.setUint32(0, ProtocolId.SMB2, true);
  view.setUint16(4, 64, true);
  view.setUint16(12, Command.OPLOCK_BREAK, true);
  view.setUint32(16, HeaderFlags.SERVER_TO_REDIR, true);
  message.fill(0xff, 24, 32);
  view.setUint16(64, 24, true);
  return message;
}

describe("a channel that dies", () => {
  it("hands its READs and WRITEs to another one, as replays in a new sequence", async () => {
    const { server, client, file } = await withChannels(3);
    server.on(Command.READ, ({ body, reply }) => reply(data((body as { length: number }).length)));
    server.on(Command.WRITE, ({ connection, reply, body }) => {
      const { length } = (body as { payload?: Uint8Array }).payload ?? { length: MIB };
      if (connection !== 1) reply({ body: { count: length, remaining: 0 } });
    });
    const first = file.read(new Uint8Array(MIB), 0);
    const second = file.write(new Uint8Array(MIB), MIB);
    await settle();
    assert.deepEqual(told(server.requestsOf(Command.WRITE)), ["1 0"]);
    await server.disconnect(1);
    assert.equal(await second, MIB);
    assert.equal(await first, MIB);
    assert.deepEqual(told(server.requestsOf(Command.WRITE)), ["1 0", "2 replay 1"]);
    await file.read(new Uint8Array(8), 0);
    assert.deepEqual(told(server.requestsOf(Command.READ)), ["0 0", "0 1"]);
    assert.equal(client.session.channels.length, 2);
  });

  it("may be the first one: the session lives on", async () => {
    const { server, client, file, tree } = await withChannels(2);
    server.on(Command.READ, ({ reply }) => reply(data(8)));
    const first = client.connection;
    await server.disconnect(0);
    await settle();
    assert.equal(first.isClosed, true);
    assert.notEqual(client.connection, first);
    assert.equal(await file.read(new Uint8Array(8), 0), 8);
    assert.equal(client.session.isClosed, false);
    await (await tree.openFile("g", { access: 1 })).close();
    await client.close();
    assert.equal(server.requestsOf(Command.LOGOFF)[0]?.connection, 1);
  });

  it("is not the end of a WRITE that the server takes only when the first one is over", async () => {
    const clock = new ManualClock();
    const { server, file } = await withChannels(2, {}, { clock });
    let refusals = 2;
    server.on(Command.WRITE, ({ connection, reply }) => {
      if (connection === 0) return;
      refusals -= 1;
      reply(
        refusals < 0
          ? { body: { count: 8, remaining: 0 } }
          : { status: NtStatus.FILE_NOT_AVAILABLE },
      );
    });
    const write = file.write(new Uint8Array(8), 0);
    await settle();
    await server.disconnect(0);
    for (let round = 0; round < 3; round += 1) {
      await settle();
      clock.advance(100);
    }
    assert.equal(await write, 8);
    assert.deepEqual(told(server.requestsOf(Command.WRITE)), [
      "0 0",
      ...["1 replay 1", "1 replay 1", "1 replay 1"],
    ]);
  });

  it("makes a request of the old sequence, refused for that, go again as it was", async () => {
    const clock = new ManualClock();
    const { server, file } = await withChannels(3, {}, { clock });
    const held: FakeRequest[] = [];
    server.on(Command.WRITE, (request) => {
      if (held.length === 0) held.push(request);
      else request.reply({ body: { count: 8, remaining: 0 } });
    });
    const write = file.write(new Uint8Array(8), 0);
    await settle();
    await server.disconnect(1);
    await settle();
    held[0]?.reply({ status: NtStatus.FILE_NOT_AVAILABLE });
    await settle();
    clock.advance(100);
    assert.equal(await write, 8);
    assert.deepEqual(told(server.requestsOf(Command.WRITE)), ["0 0", "0 1"]);
  });

  it("has closed what the server calls closed when it is asked again", async () => {
    const { server, file } = await withChannels(2);
    server.on(Command.CLOSE, ({ connection, reply }) => {
      if (connection === 1) reply({ status: NtStatus.FILE_CLOSED });
    });
    const closing = file.close({ postQuery: true });
    await settle();
    await server.disconnect(0);
    assert.equal((await closing)?.flags, 0);
  });

  it("has not closed it where nothing proves that the server says so", async () => {
    const { server, file } = await withChannels(2);
    server.on(Command.CLOSE, ({ connection, reply }) => {
      if (connection === 1) reply({ status: NtStatus.FILE_CLOSED, unsigned: true });
    });
    const closing = assert.rejects(file.close(), { statusName: "NT_STATUS_FILE_CLOSED" });
    await settle();
    await server.disconnect(0);
    await closing;
  });

  it("gives a CREATE that makes a file a name, and asks for the same one again", async () => {
    const { server, tree } = await withChannels(2);
    const good = CLOSED;
    server.on(Command.CREATE, ({ connection, reply }) => {
      if (connection === 1)
        reply({
          body: {
            ...good,
            oplockLevel: 0,
            fileId: new Uint8Array(16),
            createAction: 2,
            createContexts: [],
          },
        });
    });
    const opening = tree.openFile("new", { access: 2, disposition: 2 });
    await settle();
    await server.disconnect(0);
    await opening;
    const creates = server.requestsOf(Command.CREATE).slice(-2);
    assert.deepEqual(told(creates), ["0 0", "1 replay 1"]);
    const contexts = creates.map(
      ({ body }) => body as { createContexts: { name: string; data: Uint8Array }[] },
    );
    assert.equal(contexts[0]?.createContexts[0]?.name, "DH2Q");
    assert.deepEqual(contexts[0]?.createContexts, contexts[1]?.createContexts);
  });

  it("takes a compound along: its members go again, one by one", async () => {
    const { server, tree } = await withChannels(2);
    const fileId = new Uint8Array(16).fill(5);
    server.on(Command.CREATE, ({ connection, reply }) => {
      if (connection === 1) reply({ body: { ...CREATED, fileId } });
    });
    server.on(Command.QUERY_INFO, ({ body, reply }) =>
      reply({ body: { outputBuffer: (body as { fileId: Uint8Array }).fileId.slice(0, 1) } }),
    );
    const asking = tree.queryInfo("f", 1, 5);
    await settle();
    await server.disconnect(0);
    assert.deepEqual([...(await asking)], [5]);
    for (const command of [Command.CREATE, Command.QUERY_INFO, Command.CLOSE])
      assert.equal(told(server.requestsOf(command)).at(-1), "1 replay 1");
  });

  /** Runs `run`; the channel of its first CREATE dies before the answer. The second gets `status`. */
  async function asAnswered(
    status: number,
    run: (tree: Tree) => Promise<unknown>,
  ): Promise<FakeRequest[]> {
    const { server, tree } = await withChannels(2);
    server.on(Command.CREATE, ({ connection, reply }) => {
      if (connection === 1) reply(status === NtStatus.SUCCESS ? { body: CREATED } : { status });
    });
    const running = run(tree);
    running.catch(() => {});
    await settle();
    await server.disconnect(0);
    await running;
    return server.requestsOf(Command.CREATE);
  }

  it("leaves a directory that must be a new one in doubt, and says so", async () => {
    const { server, tree } = await withChannels(2);
    server.on(Command.CREATE, () => {});
    const running = tree.mkdir("d");
    running.catch(() => {});
    await settle();
    await server.disconnect(0);
    await assert.rejects(running, /it is not known whether the server has done it/);
    assert.deepEqual(told(server.requestsOf(Command.CREATE)).slice(1), ["0 0"]);
  });

  it("is no obstacle to a directory that may be there already", async () => {
    const creates = await asAnswered(NtStatus.SUCCESS, (tree) =>
      tree.mkdir("d", { mayExist: true }),
    );
    assert.deepEqual(told(creates).slice(-2), ["0 0", "1 replay 1"]);
  });

  it("has removed what is gone when its removal is asked for again", async () => {
    for (const status of [NtStatus.OBJECT_NAME_NOT_FOUND, NtStatus.DELETE_PENDING]) {
      await asAnswered(status, (tree) => tree.unlink("a"));
      await asAnswered(status, (tree) => tree.rmdir("a"));
    }
    const denied = asAnswered(NtStatus.ACCESS_DENIED, (tree) => tree.unlink("a"));
    await assert.rejects(denied, /ACCESS_DENIED/);
  });

  it("does not make up for a file that was never there", async () => {
    const { server, tree } = await withChannels(2);
    server.on(Command.CREATE, ({ reply }) => reply({ status: NtStatus.OBJECT_NAME_NOT_FOUND }));
    await assert.rejects(tree.unlink("a"), /OBJECT_NAME_NOT_FOUND/);
  });

  it("has made the file whose open is gone when its CREATE is sent again", async () => {
    const make = { access: 2, disposition: 2, options: 0x40 };
    for (const status of [NtStatus.NOT_FOUND, NtStatus.OBJECT_NAME_NOT_FOUND]) {
      const asked = asAnswered(status, (tree) => tree.open("new", make));
      await assert.rejects(asked, /OBJECT_NAME_COLLISION/);
      const opened = asAnswered(status, (tree) => tree.open("old", { access: 1 }));
      await assert.rejects(opened, /NOT_FOUND/);
    }
  });

  it("is told as what it was where it was the last one", async () => {
    const { server, file, client } = await withChannels(2);
    server.on(Command.READ, () => {});
    const reads = [0, 1].map((at) => file.read(new Uint8Array(MIB), at * MIB));
    await settle();
    await server.disconnect(0);
    await settle();
    await server.disconnect(1);
    for (const read of reads) await assert.rejects(read, /closed the connection/);
    assert.equal(client.session.isClosed, true);
    assert.ok((await client.session.closed) instanceof Error);
  });
});
