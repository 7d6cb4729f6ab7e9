import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  AccessMask,
  type ClientOptions,
  CreateDisposition,
  CreateOptions,
  type File,
  NtStatus,
  NtStatusError,
  type Open,
  queryAllocatedRanges,
  readPipeline,
  readSmallFile,
  SmbClient,
  setSparse,
  type Tree,
  writePipeline,
  writeSmallFile,
} from "../../src/core/index.ts";
import {
  ChangeNotifyRequest,
  ChangeNotifyResponse,
  CompletionFilter,
  decodeFileNotifyInformation,
  type FileNotifyInformation,
} from "../../src/core/smb2/change-notify.ts";
import { LockFlags, LockRequest, LockResponse } from "../../src/core/smb2/lock.ts";
import type { Samba } from "../support/samba.ts";
import { wireTo } from "../support/wire.ts";

/** More than a window of the smallest requests, and no round number. */
const SIZE = 3 * 1024 * 1024 + 4321;
const WHOLE = (1n << 64n) - 1n;

/** Bytes that look like noise and are the same every time. */
export function noise(size: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(size);
  let state = seed >>> 0;
  for (let index = 0; index < size; index += 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

export function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** A client logged on to a private server as its user, unless `options` say otherwise. */
export function connectTo(samba: Samba, options: Partial<ClientOptions> = {}): Promise<SmbClient> {
  const { username, password } = samba;
  const { target, wire } = wireTo(samba);
  return SmbClient.connect(target, {
    ...wire,
    credentials: { kind: "password", username, domain: "", password },
    timeoutMs: 10_000,
    ...options,
  });
}

/** Uploads `data` with many WRITEs in flight. */
export async function upload(tree: Tree, path: string, data: Uint8Array): Promise<void> {
  await using file = await tree.openFile(path, {
    access: AccessMask.READ_DATA | AccessMask.WRITE_DATA | AccessMask.WRITE_ATTRIBUTES,
    disposition: CreateDisposition.OVERWRITE_IF,
  });
  await writePipeline(file, {
    fetch(buffer, offset) {
      const part = data.subarray(offset, offset + buffer.length);
      buffer.set(part);
      return part.length;
    },
  });
  await file.flush();
}

/** Downloads a whole file with many READs in flight. */
export async function download(tree: Tree, path: string): Promise<Uint8Array> {
  await using file = await tree.openFile(path, {
    access: AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES,
  });
  const bytes = new Uint8Array(file.size);
  await readPipeline(file, {
    ranges: [{ offset: 0, length: file.size }],
    place: (data, offset) => bytes.set(data, offset),
  });
  return bytes;
}

/** The names in a directory, without `.` and `..`. */
export async function names(tree: Tree, directory: string): Promise<string[]> {
  const found: string[] = [];
  for await (const batch of tree.list(directory)) found.push(...batch.map(({ name }) => name));
  return found.filter((name) => name !== "." && name !== "..").toSorted();
}

export async function hasStatus(promise: Promise<unknown>, status: number): Promise<void> {
  await assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof NtStatusError, String(error));
    assert.equal(error.statusName, new NtStatusError(status).statusName);
    return true;
  });
}

/** One LOCK request over the whole file ([MS-SMB2] 2.2.26). */
export async function lock(file: Open, flags: number, signal?: AbortSignal): Promise<void> {
  await file.request({
    request: LockRequest,
    message: {
      lockSequence: 0,
      fileId: file.fileId,
      locks: [{ offset: 0n, length: WHOLE >> 1n, flags }],
    },
    response: LockResponse,
    mayWait: true,
    signal,
  });
}

/** Waits for changes in a directory ([MS-SMB2] 2.2.35). */
export async function changesIn(
  directory: Open,
  signal?: AbortSignal,
): Promise<FileNotifyInformation[]> {
  const reply = await directory.request({
    request: ChangeNotifyRequest,
    message: {
      flags: 0,
      outputBufferLength: 65_536,
      fileId: directory.fileId,
      completionFilter: CompletionFilter.FILE_NAME | CompletionFilter.DIR_NAME,
    },
    response: ChangeNotifyResponse,
    expectedSize: 65_536,
    mayWait: true,
    signal,
  });
  return decodeFileNotifyInformation(reply.body.outputBuffer);
}

export function openDirectory(tree: Tree, path: string): Promise<Open> {
  return tree.open(path, {
    access: AccessMask.READ_DATA | AccessMask.READ_ATTRIBUTES | AccessMask.SYNCHRONIZE,
    options: CreateOptions.DIRECTORY_FILE,
  });
}

export function openToWrite(tree: Tree, path: string): Promise<File> {
  return tree.openFile(path, {
    access: AccessMask.READ_DATA | AccessMask.WRITE_DATA | AccessMask.WRITE_ATTRIBUTES,
    disposition: CreateDisposition.OPEN_IF,
  });
}

/** Everything a client does with files, on an empty share of a real server. */
export async function exerciseShare(tree: Tree, disk: string): Promise<void> {
  await moveFiles(tree, disk);
  await smallFiles(tree);
  await names_(tree);
  await locks(tree);
  await holes(tree);
  await tree.session.connection.echo();
}

async function moveFiles(tree: Tree, disk: string): Promise<void> {
  const data = noise(SIZE);
  await upload(tree, "large.bin", data);
  assert.equal(sha256(readFileSync(join(disk, "large.bin"))), sha256(data));
  assert.equal(sha256(await download(tree, "large.bin")), sha256(data));
  const stat = await tree.stat("large.bin");
  assert.equal(stat.size, SIZE);
  assert.equal(stat.isDirectory, false);
}

async function smallFiles(tree: Tree): Promise<void> {
  const data = noise(4096, 7);
  await writeSmallFile(tree, { path: "small.bin", temporaryPath: "small.tmp", data });
  const small = await readSmallFile(tree, "small.bin", { length: 65_536 });
  assert.deepEqual(Buffer.from(small.data), Buffer.from(data));
  assert.equal(small.isWhole, true);
  small.release();
}

async function names_(tree: Tree): Promise<void> {
  await tree.mkdir("dir");
  await tree.rename("small.bin", "dir\\ümläut.bin");
  assert.deepEqual(await names(tree, ""), ["dir", "large.bin"]);
  assert.deepEqual(await names(tree, "dir"), ["ümläut.bin"]);
  await hasStatus(tree.rmdir("dir"), NtStatus.DIRECTORY_NOT_EMPTY);
  await hasStatus(tree.stat("nosuch"), NtStatus.OBJECT_NAME_NOT_FOUND);
  await tree.setBasicInfo("large.bin", { lastWriteTime: 0x01d0_0000_0000_0000n });
  assert.equal((await tree.stat("large.bin")).lastWriteTime, 0x01d0_0000_0000_0000n);
  await tree.unlink("dir\\ümläut.bin");
  await tree.rmdir("dir");
}

async function locks(tree: Tree): Promise<void> {
  await using first = await openToWrite(tree, "large.bin");
  await using second = await openToWrite(tree, "large.bin");
  const exclusive = LockFlags.EXCLUSIVE_LOCK | LockFlags.FAIL_IMMEDIATELY;
  await lock(first, exclusive);
  await hasStatus(lock(second, exclusive), NtStatus.LOCK_NOT_GRANTED);
  await hasStatus(second.read(new Uint8Array(10), 0), NtStatus.FILE_LOCK_CONFLICT);
  await lock(first, LockFlags.UNLOCK);
  assert.equal(await second.read(new Uint8Array(10), 0), 10);
}

async function holes(tree: Tree): Promise<void> {
  await using file = await openToWrite(tree, "sparse.bin");
  await setSparse(file);
  await file.setEndOfFile(8 * 1024 * 1024);
  await file.write(noise(65_536), 4 * 1024 * 1024);
  let held = 0;
  for await (const range of queryAllocatedRanges(file, 8 * 1024 * 1024)) held += range.length;
  assert.ok(held >= 65_536 && held < 8 * 1024 * 1024, `${held} bytes are allocated`);
  await file.close();
  await tree.unlink("sparse.bin");
  await tree.unlink("large.bin");
}
