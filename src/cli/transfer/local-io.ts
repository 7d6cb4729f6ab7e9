import { read, readSync, write, writeSync } from "node:fs";

/** Writes all of `data` at `position` of an open local file; null where it cannot be positioned. */
export async function writeAll(
  fd: number,
  data: Uint8Array,
  position: number | null,
): Promise<void> {
  for (let done = 0; done < data.length; ) {
    done += await writeOnce(fd, data, done, position === null ? null : position + done);
  }
}

/** Like `writeAll`, without leaving the thread: for a small file that costs less than a thread pool. */
export function writeAllSync(fd: number, data: Uint8Array, position: number): void {
  for (let done = 0; done < data.length; ) {
    done += writeSync(fd, data, done, data.length - done, position + done);
  }
}

/** Fills `buffer` from `position`; fewer bytes than it holds mean the end of the file. */
export async function readAll(
  fd: number,
  buffer: Uint8Array,
  position: number | null,
): Promise<number> {
  let done = 0;
  while (done < buffer.length) {
    const count = await readOnce(fd, buffer, done, position === null ? null : position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

/** Like `readAll`, without leaving the thread. */
export function readAllSync(fd: number, buffer: Uint8Array, position: number): number {
  let done = 0;
  while (done < buffer.length) {
    const count = readSync(fd, buffer, done, buffer.length - done, position + done);
    if (count === 0) break;
    done += count;
  }
  return done;
}

function writeOnce(
  fd: number,
  data: Uint8Array,
  start: number,
  position: number | null,
): Promise<number> {
  return new Promise((resolve, reject) => {
    write(fd, data, start, data.length - start, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}

function readOnce(
  fd: number,
  buffer: Uint8Array,
  start: number,
  position: number | null,
): Promise<number> {
  return new Promise((resolve, reject) => {
    read(fd, buffer, start, buffer.length - start, position, (error, count) => {
      if (error === null) resolve(count);
      else reject(error);
    });
  });
}
