import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  closeSync,
  constants,
  existsSync,
  linkSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { createPrivateFile } from "../../../src/transports/capture/private-file.ts";

describe("a capture's file", { skip: process.platform === "win32" }, () => {
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const store = (path: string, text: string): void => {
    const descriptor = createPrivateFile(path);
    writeSync(descriptor, text);
    closeSync(descriptor);
  };
  before(() => {
    folder = mkdtempSync(join(tmpdir(), "smbx-private-"));
  });
  after(() => rmSync(folder, { recursive: true }));

  it("is its owner's alone, also where another one was there", () => {
    store(at("new"), "a");
    writeFileSync(at("old"), "old and longer", { mode: 0o644 });
    const reader = openSync(at("old"), "r");
    store(at("old"), "b");
    for (const name of ["new", "old"]) assert.equal(statSync(at(name)).mode & 0o777, 0o600);
    assert.equal(readFileSync(at("old"), "utf8"), "b");
    assert.equal(readFileSync(reader, "utf8"), "old and longer");
    closeSync(reader);
  });

  it("leaves other names of an old file alone", () => {
    writeFileSync(at("here"), "kept");
    linkSync(at("here"), at("there"));
    store(at("here"), "capture");
    assert.equal(readFileSync(at("there"), "utf8"), "kept");
  });

  it("follows no link, wherever that leads", () => {
    writeFileSync(at("target"), "kept");
    symlinkSync(at("target"), at("link"));
    symlinkSync(at("nowhere"), at("dangling"));
    for (const name of ["link", "dangling"]) {
      assert.throws(() => createPrivateFile(at(name)), /symbolic link, which is not followed/);
    }
    assert.equal(readFileSync(at("target"), "utf8"), "kept");
    assert.equal(existsSync(at("nowhere")), false);
  });

  it("may be a pipe of our own, and what /dev names", () => {
    execFileSync("mkfifo", [at("pipe")]);
    const reader = openSync(at("pipe"), constants.O_RDONLY | constants.O_NONBLOCK);
    store(at("pipe"), "live");
    assert.equal(readFileSync(reader, "utf8"), "live");
    closeSync(reader);
    store("/dev/null", "gone");
    writeFileSync(at("opened"), "");
    const opened = openSync(at("opened"), "w");
    store(`/dev/fd/${opened}`, "through a descriptor");
    closeSync(opened);
    assert.equal(readFileSync(at("opened"), "utf8"), "through a descriptor");
  });
});
