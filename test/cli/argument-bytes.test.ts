import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { undecodableArgument } from "../../src/cli/argument-bytes.ts";

describe("arguments that are not UTF-8", () => {
  const of = (argv: readonly string[], bytes: string): number | undefined =>
    undecodableArgument(argv, () => Buffer.from(bytes, "latin1"));

  it("are found by the bytes of the command line", () => {
    assert.equal(of(["get", "caf\ufffd"], "node\0smbx\0get\0caf\xe9\0"), 2);
    assert.equal(of(["\ufffd", "", ""], "node\0smbx\0\xe9\0\0\0"), 1);
  });

  it("are not those that really hold U+FFFD", () => {
    assert.equal(of(["get", "caf\ufffd"], "node\0smbx\0get\0caf\xef\xbf\xbd\0"), undefined);
  });

  it("are not looked for without reason, nor where the system does not show them", () => {
    const fail = (): Buffer => {
      throw new Error("ENOENT");
    };
    assert.equal(undecodableArgument(["get", "café"], fail), undefined);
    assert.equal(undecodableArgument(["get", "\ufffd"], fail), undefined);
  });
});
