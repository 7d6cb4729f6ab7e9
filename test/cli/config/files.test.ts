import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type AuthFile, parseAuthFile } from "../../../src/cli/config/auth-file.ts";
import { environmentCredentials, hideSecrets } from "../../../src/cli/config/environment.ts";
import { findInLmhosts } from "../../../src/cli/config/lmhosts.ts";

describe("an authentication file", () => {
  const corpus: readonly (readonly [text: string, expected: AuthFile])[] = [
    ["", {}],
    [
      "username = anna\npassword = p\ndomain = D\n",
      { username: "anna", password: "p", domain: "D" },
    ],
    ["username=anna\r\npassword=p\r\n", { username: "anna", password: "p" }],
    ["  Username\t=  anna  ", { username: "anna" }],
    ["password = a = b ", { password: "a = b " }],
    ["password =", { password: "" }],
    ["# username = no\n; password = no\nusername = yes", { username: "yes" }],
    ["nonsense\nother = 1", {}],
    ["username = first\nusername = last", { username: "last" }],
  ];
  for (const [text, expected] of corpus) {
    it(JSON.stringify(text), () => assert.deepEqual(parseAuthFile(text), expected));
  }
});

describe("the environment", () => {
  const reader = {
    fromDescriptor: (descriptor: number) => `descriptor ${descriptor}\nrest`,
    fromFile: (path: string) => `file ${path}\nrest`,
  };

  it("names the user by USER before LOGNAME", () => {
    const read = (environment: Record<string, string>) =>
      environmentCredentials(environment, reader).user;
    assert.equal(read({ USER: "a%p", LOGNAME: "b" }), "a%p");
    assert.equal(read({ USER: "", LOGNAME: "b%p" }), "b%p");
    assert.equal(read({}), undefined);
  });

  it("keeps its secrets from programs that are started", () => {
    const environment = {
      ...{ USER: "DOM\\a%secret", LOGNAME: "b%secret%2", PASSWD: "secret", PASSWD_FD: "3" },
      ...{ PASSWD_FILE: "/secret", SMBX_QUIC_KEY_PASSPHRASE: "secret", HOME: "/a%b" },
    };
    hideSecrets(environment);
    assert.deepEqual(environment, { USER: "DOM\\a", LOGNAME: "b", HOME: "/a%b" });
  });

  it("has the password in PASSWD, else behind PASSWD_FD, else in PASSWD_FILE", () => {
    const read = (environment: Record<string, string>) =>
      environmentCredentials(environment, reader).password;
    assert.equal(read({ PASSWD: "p", PASSWD_FD: "3", PASSWD_FILE: "/f" }), "p");
    assert.equal(read({ PASSWD: "", PASSWD_FD: "3" }), "");
    assert.equal(read({ PASSWD_FD: "3", PASSWD_FILE: "/f" }), "descriptor 3");
    assert.equal(read({ PASSWD_FD: "", PASSWD_FILE: "/f" }), "file /f");
    for (const wrong of ["abc", "3x", "-1", " 3"]) {
      assert.throws(() => read({ PASSWD_FD: wrong }), /PASSWD_FD is the number of an open/);
    }
    assert.equal(read({}), undefined);
  });
});

describe("lmhosts", () => {
  const text = [
    "# comment",
    "192.0.2.1 NAS",
    "192.0.2.2\tother#20",
    "192.0.2.3 domain#1b",
    "2001:db8::1 six",
  ].join("\n");

  it("finds servers by name in any case", () => {
    assert.equal(findInLmhosts(text, "nas"), "192.0.2.1");
    assert.equal(findInLmhosts(text, "OTHER"), "192.0.2.2");
    assert.equal(findInLmhosts(text, "six"), "2001:db8::1");
  });

  it("finds no other types and no unknown names", () => {
    assert.equal(findInLmhosts(text, "domain"), undefined);
    assert.equal(findInLmhosts(text, "nobody"), undefined);
  });
});
