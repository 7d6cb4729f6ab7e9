import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import {
  type ConfMacros,
  parameterKey,
  parseBoolean,
  parseList,
  parseSmbConf,
  readSmbConf,
} from "../../../src/cli/config/smb-conf.ts";

const macros: ConfMacros = {
  hostName: "desk.example",
  netbiosName: "DESK",
  userName: "anna",
  environment: { DIR: "/conf" },
};

/** `name=value` of each parameter. */
function parsed(text: string): string[] {
  return parseSmbConf(text, macros).map(({ name, value }) => `${name}=${value}`);
}

const corpus: readonly (readonly [what: string, text: string, expected: readonly string[]])[] = [
  ["nothing", "", []],
  ["a parameter before any section", "workgroup = WG", ["workgroup=WG"]],
  ["the global section", "[global]\n\tworkgroup = WG\n", ["workgroup=WG"]],
  ["its other spellings", "[ GLOBAL ]\na=1\n[Globals]\nb=2", ["a=1", "b=2"]],
  ["no other section", "[global]\na=1\n[share]\npath=/x\n[global]\nb=2", ["a=1", "b=2"]],
  ["comments", "# a = 1\n ; b = 2\nc = 3 # not one", ["c=3 # not one"]],
  ["an empty value", "a =\nb=", ["a=", "b="]],
  ["no value, no parameter", "a\n= b\n", []],
  ["an equals sign in a value", "a = b = c", ["a=b = c"]],
  ["blanks", "  client   max\tprotocol  =  SMB3  ", ["client max protocol=SMB3"]],
  ["CR LF", "a = 1\r\nb = 2\r\n", ["a=1", "b=2"]],
  ["a byte order mark", "\uFEFFa = 1", ["a=1"]],
  ["a continued line", "a = 1 \\\n   2\nb = 3", ["a=1 2", "b=3"]],
  ["a continued name", "client max \\\nprotocol = SMB2", ["client max protocol=SMB2"]],
  ["a continuation at the end", "a = 1 \\", ["a=1"]],
  ["macros", "a = %h-%m-%u-%$(DIR)-%%", ["a=desk.example-DESK-anna-/conf-%"]],
  ["macros that mean nothing here", "a = %S %$(NONE)x", ["a=%S x"]],
];

describe("smb.conf", () => {
  for (const [what, text, expected] of corpus) {
    it(`reads ${what}`, () => assert.deepEqual(parsed(text), expected));
  }

  it("cares for neither case nor blanks of names", () => {
    assert.equal(parameterKey("Client  MAX protocol"), "clientmaxprotocol");
  });
});

describe("an included file", () => {
  const directory = mkdtempSync(join(tmpdir(), "smbx-conf-"));
  after(() => rmSync(directory, { recursive: true }));
  const write = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  it("stands where it is included", () => {
    write("inner-anna.conf", "b = 2\n[share]\nc = no\n");
    const outer = write("outer.conf", "[global]\na = 1\ninclude = inner-%u.conf\nd = 3\n");
    const names = readSmbConf(outer, macros).map(({ name }) => name);
    assert.deepEqual(names, ["a", "b", "d"]);
  });

  it("may be missing, and may include itself", () => {
    const path = write("round.conf", "a = 1\ninclude = nosuch.conf\ninclude = round.conf\n");
    const count = readSmbConf(path, macros).length;
    assert.ok(count > 1 && count < 100, `${count}`);
  });

  it("must be there when it is the first", () => {
    assert.throws(() => readSmbConf(join(directory, "nosuch"), macros), { code: "ENOENT" });
  });
});

describe("values", () => {
  it("are yes or no", () => {
    for (const word of ["yes", "True", "ON", "1"]) assert.equal(parseBoolean(word), true);
    for (const word of ["no", "False", "OFF", "0"]) assert.equal(parseBoolean(word), false);
    assert.equal(parseBoolean("maybe"), undefined);
  });

  it("are lists", () => {
    assert.deepEqual(parseList(' tcp, nbt;quic\t"a b" '), ["tcp", "nbt", "quic", "a b"]);
    assert.deepEqual(parseList(""), []);
  });
});
