import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  credentialsFor,
  type Identity,
  identify,
  needsPassword,
  parseUser,
  passwordQuestion,
  type SpelledUser,
} from "../../src/cli/credentials.ts";
import { StatedFailure } from "../../src/cli/failure.ts";
import type { Options } from "../../src/cli/option-values.ts";
import { parseCommandLine } from "../../src/cli/options.ts";
import { smbclientPersonality, smbxPersonality } from "../../src/cli/personality.ts";
import { UsageError } from "../../src/cli/usage-error.ts";

function optionsOf(...argv: readonly string[]): Options {
  const parsed = parseCommandLine(["//s/h", ...argv], smbxPersonality);
  assert.ok(parsed.kind === "shell");
  return parsed.options;
}

function who(
  argv: readonly string[],
  more: Partial<Parameters<typeof identify>[0]> = {},
): Identity {
  return identify({ options: optionsOf(...argv), environment: {}, workgroup: "WG", ...more });
}

describe("a user as it is spelled", () => {
  const spellings: readonly (readonly [text: string, expected: SpelledUser])[] = [
    ["anna", { username: "anna" }],
    ["anna%secret", { username: "anna", password: "secret" }],
    ["anna%a%b", { username: "anna", password: "a%b" }],
    ["anna%", { username: "anna", password: "" }],
    ["%", { username: "", password: "" }],
    ["CORP\\anna%p/w", { domain: "CORP", username: "anna", password: "p/w" }],
    ["CORP/anna", { domain: "CORP", username: "anna" }],
    ["anna@corp.example", { domain: "", username: "anna@corp.example" }],
    ["\\anna", { domain: "", username: "anna" }],
  ];
  for (const [text, expected] of spellings) {
    it(text, () => assert.deepEqual(parseUser(text), expected));
  }
});

describe("who we are", () => {
  it("is what the command line says before all else", () => {
    const identity = who(["-U", "anna%p"], {
      environment: { USER: "other%x", PASSWD: "y" },
      url: { user: "url", password: "z" },
    });
    assert.equal(identity.username, "anna");
    assert.equal(identity.password, "p");
    assert.equal(identity.domain, "WG");
    assert.equal(identity.isChosen, true);
  });

  it("is the URL's before the environment's", () => {
    const identity = who([], {
      environment: { USER: "other", PASSWD: "y" },
      url: { user: "DOM\\a%b", password: "z" },
    });
    assert.deepEqual([identity.domain, identity.username, identity.password], ["DOM", "a%b", "z"]);
    assert.equal(identity.isChosen, true);
  });

  it("does not take the URL's password for another user", () => {
    const identity = who(["-U", "anna"], { url: { user: "url", password: "z" } });
    assert.equal(identity.password, undefined);
  });

  it("is the environment's when nobody chose", () => {
    const identity = who([], { environment: { USER: "anna%p", LOGNAME: "other" } });
    assert.deepEqual([identity.username, identity.password], ["anna", "p"]);
    assert.equal(identity.isChosen, false);
  });

  it("takes --password and the second argument before the password of -U", () => {
    assert.equal(who(["-U", "anna%p", "--password", "q"]).password, "q");
    assert.equal(who(["r", "-U", "anna%p"]).password, "r");
  });

  it("takes PASSWD for a chosen user without a password", () => {
    assert.equal(who(["-U", "anna"], { environment: { PASSWD: "e" } }).password, "e");
  });

  it("drops every password with -N", () => {
    assert.equal(who(["-N", "-U", "anna%p"]).password, undefined);
  });

  it("fails in smbclient's words without the authentication file", () => {
    assert.throws(
      () => who(["-A", "/nonexistent/auth"]),
      (error) =>
        error instanceof StatedFailure &&
        error.message === "ERROR: Unable to open credentials file!" &&
        error.epilogue === "Failed to set parse authentication file!" &&
        error.explanation?.join() === "/nonexistent/auth: No such file or directory",
    );
  });
});

describe("the question for a password", () => {
  it("names domain and user", () => {
    assert.equal(passwordQuestion(who(["-U", "anna"])), "Password for [WG\\anna]:");
    assert.equal(passwordQuestion(who(["-U", "a@b"])), "Password for [a@b]:");
  });

  it("is asked only where a password could help", () => {
    assert.equal(needsPassword(who(["-U", "anna"])), true);
    assert.equal(needsPassword(who(["-U", "anna%"])), false);
    assert.equal(needsPassword(who(["-N"])), false);
    assert.equal(needsPassword(who([])), false);
  });
});

describe("what is sent", () => {
  it("is a user with a password", () => {
    assert.deepEqual(credentialsFor(who(["-U", "anna%p"]), smbxPersonality), {
      kind: "password",
      username: "anna",
      domain: "WG",
      password: "p",
    });
  });

  it("is nobody with -U%, and with -N where nobody chose a name", () => {
    const nobody = { kind: "anonymous", username: "", domain: "" };
    assert.deepEqual(credentialsFor(who(["-U", "%"]), smbxPersonality), nobody);
    const unchosen = who(["-N"], { environment: { USER: "anna" } });
    assert.deepEqual(credentialsFor(unchosen, smbxPersonality), nobody);
  });

  it("tries the unchosen name first when passing for smbclient", () => {
    const unchosen = who(["-N"], { environment: { USER: "anna" } });
    const { username, password } = credentialsFor(unchosen, smbclientPersonality);
    assert.deepEqual([username, password], ["anna", ""]);
  });

  it("is a guest only when that was asked for", () => {
    assert.equal(credentialsFor(who(["--guest"]), smbxPersonality).username, "guest");
    assert.equal(credentialsFor(who(["--guest", "-U", "anna%p"]), smbxPersonality).kind, "guest");
    assert.equal(credentialsFor(who(["-U", "anna%p"]), smbxPersonality).kind, "password");
  });

  it("is the hash with --pw-nt-hash", () => {
    const hash = "000102030405060708090a0b0c0d0e0f";
    const sent = credentialsFor(who(["--pw-nt-hash", "-U", `anna%${hash}`]), smbxPersonality);
    assert.equal(Buffer.from(sent.ntHash ?? []).toString("hex"), hash);
    assert.equal("password" in sent, false);
    assert.throws(
      () => credentialsFor(who(["--pw-nt-hash", "-U", "anna%nohash"]), smbxPersonality),
      (error) => error instanceof UsageError && !error.message.includes("nohash"),
    );
  });
});
