import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import { InterruptedInput, TerminalInput } from "../../src/cli/terminal-input.ts";

/** A terminal on which `typed` is typed at once, and which remembers its modes. */
function terminal(typed: string): { input: TerminalInput; modes: boolean[]; keys: PassThrough } {
  const keys = new PassThrough();
  const modes: boolean[] = [];
  Object.assign(keys, { setRawMode: (isRaw: boolean) => modes.push(isRaw) });
  keys.write(typed);
  return { input: new TerminalInput(keys), modes, keys };
}

describe("lines of standard input", () => {
  it("come one by one, the last one without its end", async () => {
    const { input, keys } = terminal("one\r\ntwo\n\nlast");
    keys.end();
    const lines: (string | undefined)[] = [];
    for (let i = 0; i < 6; i++) lines.push(await input.readLine());
    assert.deepEqual(lines, ["one", "two", "", "last", undefined, undefined]);
  });

  it("are whole where a character comes in pieces", async () => {
    const { input, keys } = terminal("");
    const bytes = Buffer.from("ü\n");
    keys.write(bytes.subarray(0, 1));
    const line = input.readLine();
    keys.write(bytes.subarray(1));
    assert.equal(await line, "ü");
  });
});

describe("a secret", () => {
  const typed: readonly (readonly [keys: string, secret: string | undefined])[] = [
    ["secret\r", "secret"],
    ["secret\n", "secret"],
    ["\r", ""],
    ["abc\x7f\x7fd\b\r", "a"],
    ["\x7fx\r", "x"],
    ["wrong\x15right\r", "right"],
    ["gr\u00fc\u00df👍\x7f\r", "grüß"],
    ["\x04", undefined],
    ["a\x04b\r", "ab"],
  ];
  for (const [keys, secret] of typed) {
    it(`typed as ${JSON.stringify(keys)}`, async () => {
      const { input, modes } = terminal(keys);
      assert.equal(await input.readSecret(() => {}), secret);
      assert.deepEqual(modes, [true, false]);
    });
  }

  it("is asked for when nothing is shown any more", async () => {
    const { input, modes } = terminal("x\r");
    await input.readSecret(() => assert.deepEqual(modes, [true]));
  });

  it("leaves what follows to another reader", async () => {
    const { input, keys } = terminal("secret\rls\n");
    await input.readSecret(() => {});
    assert.equal(input.takeRest(), "ls\n");
    assert.equal(keys.listenerCount("data"), 0);
  });

  it("leaves what follows for the next line", async () => {
    const { input } = terminal("secret\rls\n");
    assert.equal(await input.readSecret(() => {}), "secret");
    assert.equal(await input.readLine(), "ls");
  });

  it("ends with Ctrl-C, the terminal as it was", async () => {
    const { input, modes } = terminal("abc\x03");
    await assert.rejects(
      input.readSecret(() => {}),
      InterruptedInput,
    );
    assert.deepEqual(modes, [true, false]);
  });
});
