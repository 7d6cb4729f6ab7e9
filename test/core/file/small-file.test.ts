import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { TransferError, TransportClosedError } from "../../../src/core/errors.ts";
import { readSmallFile } from "../../../src/core/file/small-file.ts";
import { writeSmallFile } from "../../../src/core/file/small-write.ts";
import { NtStatus } from "../../../src/core/nt-status.ts";
import { NtStatusError } from "../../../src/core/nt-status-error.ts";
import { Command } from "../../../src/core/smb2/constants.ts";
import { type Fault, MemoryShare, type Operation } from "./memory-share.ts";
import { pattern } from "./pattern.ts";

async function connect(fault?: (operation: Operation) => Fault | undefined) {
  const share = new MemoryShare(fault === undefined ? {} : { fault });
  const tree = await share.connect();
  share.frames = 0;
  share.roundTrips = 0;
  share.commands.length = 0;
  return { share, tree };
}

function fails(status: number) {
  return (error: unknown): boolean => error instanceof NtStatusError && error.status === status;
}

describe("readSmallFile", () => {
  it("reads a whole file in one round trip and leaves nothing open", async () => {
    const { share, tree } = await connect();
    share.add("f", pattern(4096));
    const small = await readSmallFile(tree, "f", { length: 4096 });
    assert.equal(small.isWhole, true);
    assert.deepEqual(small.data, pattern(4096));
    assert.equal(share.frames, 1);
    assert.equal(share.opens.size, 0);
  });

  it("reads an empty file, and closes it where the server does not after END_OF_FILE", async () => {
    for (const closes of [true, false]) {
      const { share, tree } = await connect(({ command, isCompound }) =>
        !closes && command === Command.CLOSE && isCompound
          ? { status: NtStatus.END_OF_FILE }
          : undefined,
      );
      share.add("f", new Uint8Array(0));
      const small = await readSmallFile(tree, "f", { length: 1 });
      assert.equal(small.isWhole, true);
      assert.equal(small.data.length, 0);
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      assert.equal(share.opens.size, 0);
    }
  });

  it("tells a file that is larger than what was asked for, and a short reply", async () => {
    const { share, tree } = await connect(({ command, message }) =>
      command === Command.READ && (message as { length: number }).length > 200
        ? { atMost: 100 }
        : undefined,
    );
    share.add("f", pattern(300));
    assert.equal((await readSmallFile(tree, "f", { length: 150 })).isWhole, false);
    assert.equal((await readSmallFile(tree, "f", { length: 300 })).isWhole, false);
  });

  it("passes on why a file cannot be opened", async () => {
    const { tree } = await connect();
    const missing = fails(NtStatus.OBJECT_NAME_NOT_FOUND);
    await assert.rejects(readSmallFile(tree, "nosuch", { length: 1 }), missing);
  });

  it("goes piece by piece where compounds are refused, and remembers that", async () => {
    const { share, tree } = await connect(({ isCompound, command }) =>
      isCompound && command !== Command.CREATE ? { status: NtStatus.INVALID_PARAMETER } : undefined,
    );
    share.add("f", pattern(500));
    for (const frames of [5, 8]) {
      const small = await readSmallFile(tree, "f", { length: 500 });
      assert.deepEqual(small.data, pattern(500));
      assert.equal(small.isWhole, true);
      assert.equal(share.frames, frames);
      assert.equal(share.opens.size, 0);
    }
  });

  it("does not blame compounds for a file's own INVALID_PARAMETER", async () => {
    const { share, tree } = await connect(({ message }) =>
      (message as { name?: string }).name === "bad"
        ? { status: NtStatus.INVALID_PARAMETER }
        : undefined,
    );
    share.add("f", pattern(5));
    await assert.rejects(
      readSmallFile(tree, "bad", { length: 5 }),
      fails(NtStatus.INVALID_PARAMETER),
    );
    share.frames = 0;
    await readSmallFile(tree, "f", { length: 5 });
    assert.equal(share.frames, 1);
  });

  it("passes on that the connection broke", async () => {
    const { share, tree } = await connect(({ command }) =>
      command === Command.READ ? { error: new TransportClosedError("gone") } : undefined,
    );
    share.add("f", pattern(5));
    await assert.rejects(readSmallFile(tree, "f", { length: 5 }), TransportClosedError);
  });
});

describe("writeSmallFile", () => {
  const data = pattern(4096);
  const write = { path: "f", temporaryPath: ".f.part", data, times: { lastWriteTime: 5n } };

  it("replaces a file through a temporary name when its own is taken", async () => {
    const { share, tree } = await connect();
    share.add("f", pattern(10));
    await writeSmallFile(tree, write);
    assert.deepEqual([...share.files.keys()], ["f"]);
    assert.deepEqual(share.files.get("f")?.bytes, data);
    assert.equal(share.files.get("f")?.lastWriteTime, 5n);
    assert.equal(share.roundTrips, 3);
    assert.equal(share.opens.size, 0);
  });

  it("expects a name to be taken where those before it were, and is content if it is not", async () => {
    const { share, tree } = await connect();
    const trips: number[] = [];
    for (const name of ["a", "b", "c", "d", "e", "f", "new", "newer"]) {
      if (name.length === 1) share.add(name, pattern(10));
      share.roundTrips = 0;
      await writeSmallFile(tree, { ...write, path: name });
      trips.push(share.roundTrips);
      assert.deepEqual(share.files.get(name)?.bytes, data);
    }
    assert.deepEqual(trips, [3, 3, 3, 3, 2, 2, 2, 1]);
    share.add("d\\a", pattern(10));
    share.roundTrips = 0;
    await writeSmallFile(tree, { ...write, path: "d\\a" });
    assert.equal(share.roundTrips, 3);
    assert.equal(share.opens.size, 0);
  });

  it("makes a new file in one", async () => {
    const { share, tree } = await connect();
    await writeSmallFile(tree, write);
    assert.deepEqual([...share.files.keys()], ["f"]);
    assert.deepEqual(share.files.get("f")?.bytes, data);
    assert.equal(share.files.get("f")?.lastWriteTime, 5n);
    assert.equal(share.frames, 1);
    assert.equal(share.opens.size, 0);
  });

  it("makes a larger new file under a temporary name", async () => {
    const { share, tree } = await connect();
    await writeSmallFile(tree, { ...write, data: pattern(65_537) });
    assert.deepEqual([...share.files.keys()], ["f"]);
    assert.equal(share.roundTrips, 2);
  });

  const newFaults: readonly [name: string, command: number, fault: Fault][] = [
    ["CREATE", Command.CREATE, { status: NtStatus.ACCESS_DENIED }],
    ["WRITE", Command.WRITE, { status: NtStatus.DISK_FULL }],
    ["a short WRITE", Command.WRITE, { atMost: 100 }],
    ["SET_INFO", Command.SET_INFO, { status: NtStatus.ACCESS_DENIED }],
  ];
  for (const [name, command, fault] of newFaults) {
    it(`leaves no new file where ${name} fails`, async () => {
      let seen = 0;
      const { share, tree } = await connect((operation) => {
        if (operation.command !== command) return undefined;
        seen += 1;
        return seen === 1 ? fault : undefined;
      });
      await assert.rejects(writeSmallFile(tree, write));
      assert.deepEqual([...share.files.keys()], []);
      assert.equal(share.opens.size, 0);
    });
  }

  it("writes in place in one, and an empty file without a WRITE", async () => {
    const { share, tree } = await connect();
    await writeSmallFile(tree, { path: "f", data });
    assert.equal(share.frames, 1);
    await writeSmallFile(tree, { ...write, path: "empty", data: new Uint8Array(0) });
    assert.deepEqual([...share.files.keys()], ["f", "empty"]);
    assert.equal(share.commands.filter((command) => command === Command.WRITE).length, 1);
    assert.equal(share.opens.size, 0);
  });

  const isBeside = ({ message }: Operation) => (message as { name?: string }).name === ".f.part";
  const isSetting = (infoClass: number) => (operation: Operation) =>
    operation.command === Command.SET_INFO &&
    (operation.message as { fileInfoClass: number }).fileInfoClass === infoClass;
  const isOf = (command: number) => (operation: Operation) => operation.command === command;
  const steps: readonly [name: string, which: (operation: Operation) => boolean, fault: Fault][] = [
    ["CREATE fails", isBeside, { status: NtStatus.ACCESS_DENIED }],
    ["WRITE fails", isOf(Command.WRITE), { status: NtStatus.DISK_FULL }],
    ["WRITE is short", isOf(Command.WRITE), { atMost: 100 }],
    ["SET_INFO of the times fails", isSetting(4), { status: NtStatus.ACCESS_DENIED }],
    ["CLOSE says that the disk is full", isOf(Command.CLOSE), { status: NtStatus.DISK_FULL }],
    ["the rename fails", isSetting(10), { status: NtStatus.ACCESS_DENIED }],
  ];
  for (const [name, which, fault] of steps) {
    it(`keeps the old file and leaves no other where ${name}`, async () => {
      let isOver = false;
      const { share, tree } = await connect((operation) => {
        // From the file itself on; what is removed or closed for good later is no part of it.
        if (isOver || !which(operation)) return undefined;
        if (operation.command === Command.CLOSE) {
          const { fileId } = operation.message as { fileId: Uint8Array };
          if (share.opens.get(fileId.join())?.path !== ".f.part") return undefined;
          isOver = true;
          share.opens.delete(fileId.join());
        }
        return fault;
      });
      share.add("f", pattern(10));
      await assert.rejects(
        writeSmallFile(tree, write),
        (error: unknown) => error instanceof NtStatusError || error instanceof TransferError,
      );
      assert.deepEqual([...share.files.keys()], ["f"]);
      assert.deepEqual(share.files.get("f")?.bytes, pattern(10));
      assert.equal(share.opens.size, 0);
    });
  }

  it("has removed what it made when it rejects because of an abort", async () => {
    const controller = new AbortController();
    const { share, tree } = await connect();
    const writing = writeSmallFile(tree, { ...write, signal: controller.signal });
    controller.abort(new Error("Ctrl-C"));
    await assert.rejects(writing, /Ctrl-C/);
    assert.ok(share.commands.includes(Command.WRITE));
    assert.deepEqual([...share.files.keys()], []);
    assert.equal(share.opens.size, 0);
  });

  it("closes a renamed file by itself where a server refuses only that behind the rename", async () => {
    let isBehindRename = false;
    const { share, tree } = await connect(({ isCompound, command }) => {
      const isRefused = isBehindRename && isCompound && command === Command.CLOSE;
      isBehindRename = command === Command.SET_INFO;
      return isRefused ? { status: NtStatus.INVALID_PARAMETER } : undefined;
    });
    // Without times: a new file's frame has no SET_INFO, and compounds are known to work.
    await writeSmallFile(tree, { path: "f", temporaryPath: ".f.part", data: pattern(10) });
    await writeSmallFile(tree, { path: "f", temporaryPath: ".f.part", data });
    assert.deepEqual([...share.files.keys()], ["f"]);
    assert.deepEqual(share.files.get("f")?.bytes, data);
    assert.equal(share.opens.size, 0);
  });

  it("puts a file together again alone where a part of its frame was turned away, each time", async () => {
    for (const command of [Command.CREATE, Command.WRITE, Command.SET_INFO]) {
      const { share, tree } = await connect((operation) =>
        operation.isCompound && operation.command === command
          ? { status: NtStatus.INSUFFICIENT_RESOURCES }
          : undefined,
      );
      for (const path of ["f", "g", "f"]) await writeSmallFile(tree, { ...write, path });
      assert.deepEqual([...share.files.keys()].sort(), ["f", "g"]);
      assert.deepEqual(share.files.get("f")?.bytes, data);
      assert.equal(share.files.get("f")?.lastWriteTime, 5n);
      assert.equal(share.opens.size, 0);
    }
  });

  it("reads a file again alone where the READ was turned away, each time", async () => {
    const { share, tree } = await connect(({ isCompound, command }) =>
      isCompound && command === Command.READ ? { status: NtStatus.INTERNAL_ERROR } : undefined,
    );
    share.add("f", data);
    for (let round = 0; round < 2; round += 1) {
      const small = await readSmallFile(tree, "f", { length: 5000 });
      assert.deepEqual(Buffer.from(small.data), Buffer.from(data));
    }
    assert.equal(share.opens.size, 0);
  });

  it("goes piece by piece where compounds are refused", async () => {
    const { share, tree } = await connect(({ isCompound, command }) =>
      isCompound && command !== Command.CREATE ? { status: NtStatus.NOT_SUPPORTED } : undefined,
    );
    share.add("f", pattern(10));
    for (let round = 0; round < 2; round += 1) await writeSmallFile(tree, write);
    assert.deepEqual([...share.files.keys()], ["f"]);
    assert.deepEqual(share.files.get("f")?.bytes, data);
    assert.equal(share.opens.size, 0);
  });
});
