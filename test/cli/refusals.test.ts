import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { parseProtocol, protocolWords } from "../../src/cli/config/protocol-names.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import {
  type Personality,
  smbclientPersonality,
  smbxPersonality,
} from "../../src/cli/personality.ts";
import { refuse } from "../../src/cli/refusals.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

function refused(personality: Personality, ...argv: readonly string[]): unknown {
  const parsed = parseCommandLine(["//s/h", ...argv], personality);
  assert.ok("options" in parsed);
  try {
    refuse(parsed.options, personality);
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("an address on the command line", () => {
  it("is one, or a name, without brackets or a port", () => {
    for (const address of ["::1", "fe80::1%eth0", "192.0.2.7", "nas.example"]) {
      assert.equal(refused(smbxPersonality, "-I", address), undefined, address);
    }
    const inBrackets = refused(smbxPersonality, "-I", "[::1]");
    assert.ok(inBrackets instanceof UsageError);
    assert.match(inBrackets.message, /without brackets: -I ::1$/);
    for (const address of ["[::g]", "nas:445", "smb://nas", "//nas"]) {
      const error = refused(smbxPersonality, "-I", address);
      assert.ok(error instanceof UsageError, address);
      assert.match(error.message, /neither an address nor a name/);
    }
  });
});

describe("a protocol on the command line", () => {
  const CHOICE = "choose one of SMB2_02, SMB2_10, SMB2, SMB3_00, SMB3_02, SMB3_11, SMB3";

  it("is one of the words that are offered", () => {
    for (const word of [...protocolWords, "smb3", "default", "SMB3_10"]) {
      assert.equal(refused(smbxPersonality, "-m", word), undefined, word);
    }
    for (const word of protocolWords) assert.ok(parseProtocol(word)?.dialect, word);
  });

  const wrong = [
    ["-m", "FOO", `--max-protocol: no protocol: FOO; ${CHOICE}`],
    ["-m", "SMB1", `--max-protocol: SMB1 is older than what smbx speaks; ${CHOICE}`],
    ["-m", "NT1", `--max-protocol: NT1 is older than what smbx speaks; ${CHOICE}`],
    ["--min-protocol", "FOO", `--min-protocol: no protocol: FOO; ${CHOICE}`],
  ] as const;
  for (const [option, word, message] of wrong) {
    it(`is not ${word} with ${option}`, () => {
      assert.deepEqual(refused(smbxPersonality, option, word), new UsageError(message));
    });
  }

  it("may be older than what there is as a minimum", () => {
    assert.equal(refused(smbxPersonality, "--min-protocol=NT1"), undefined);
  });

  it("is left to Samba's warnings as smbclient", () => {
    assert.equal(refused(smbclientPersonality, "-m", "FOO"), undefined);
    assert.equal(refused(smbclientPersonality, "-m", "NT1"), undefined);
  });
});
