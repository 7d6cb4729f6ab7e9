import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { commandTable, commandTableOf } from "../../../src/cli/commands/index.ts";
import { missingCommands } from "../../../src/cli/commands/missing.ts";
import { MissingCommandError } from "../../../src/cli/commands/table.ts";
import { fakeShell } from "../../support/fake-shell.ts";
import { FakeTree } from "../../support/fake-tree.ts";

describe("the table of commands", () => {
  it("gives every name to one command and lists it once", () => {
    const names = commandTable.commands.flatMap((command) => command.names);
    assert.deepEqual([...commandTable.namesInOrder].sort(), [...names].sort());
    assert.equal(new Set(names).size, names.length);
  });

  it("finds every command by each of its names", () => {
    for (const command of commandTable.commands) {
      for (const name of command.names) assert.equal(commandTable.find(name).command, command);
    }
  });

  it("finds unique abbreviations, those of two synonyms of one command too", () => {
    for (const name of commandTable.namesInOrder) {
      for (let length = 1; length < name.length; length++) {
        const prefix = name.slice(0, length);
        const matching = commandTable.completions(prefix);
        const commands = new Set(matching.map((match) => commandTable.find(match).command));
        const isExact = matching.includes(prefix);
        assert.equal(commandTable.has(prefix), isExact || commands.size === 1, prefix);
      }
    }
  });

  it("makes with the missing commands the whole table of smbclient", () => {
    // As `help` of smbclient 4.25 lists them.
    const names = (
      "? allinfo altname archive backup blocksize cancel case_sensitive cd chmod chown close del " +
      "deltree dir du echo exit get getfacl geteas hardlink help history iosize lcd link lock " +
      "lowercase ls l mask md mget mkdir mkfifo more mput newer notify open posix posix_encrypt " +
      "posix_open posix_mkdir posix_rmdir posix_unlink posix_whoami print prompt put pwd q queue " +
      "quit readlink rd recurse reget rename reput rm rmdir showacls setea setmode scopy stat " +
      "symlink tar tarmode timeout translate unlock volume vuid wdel logon listconnect " +
      "showconnect tcon tdis tid utimes logoff .. !"
    ).split(" ");
    const table = commandTableOf({ hasExtensions: false });
    assert.deepEqual([...table.namesInOrder, ...missingCommands].sort(), names.sort());
    for (const name of missingCommands) {
      assert.throws(
        () => commandTable.find(name),
        new MissingCommandError(`${name} is not supported yet`),
      );
    }
  });

  it("has every command that the issue asks for", () => {
    const wanted =
      "help ls l dir cd pwd lcd ! get put mget mput reget reput rm del deltree mkdir md rmdir rd rename du stat allinfo recurse prompt mask lowercase timeout iosize volume listconnect showconnect logon tcon tdis exit quit q history";
    for (const name of wanted.split(" ")) assert.ok(commandTable.namesInOrder.includes(name), name);
  });

  it("documents each command: a summary, and how each argument is completed", () => {
    for (const command of commandTable.commands) {
      assert.match(command.summary, /\S/, command.names[0]);
      assert.ok(command.completes.length > 0, command.names[0]);
    }
  });
});

describe("help", () => {
  it("lists the names in five columns, in smbclient's order", async () => {
    const { state, io } = fakeShell(new FakeTree());
    await state.run("help");
    const lines = io.stdout.split("\n");
    assert.equal(
      lines[0],
      "?              allinfo        altname        cd             del            ",
    );
    assert.equal(lines.at(-1), "");
    assert.match(lines.at(-2) ?? "", /!\s*$/);
    for (const line of lines.slice(0, -2)) assert.equal(line.length, 75);
  });

  // As smbclient 4.25 prints them.
  const texts = [
    ["?", "[command] give help on a command"],
    ["allinfo", "<file> show all available info"],
    ["altname", "<file> show alt name"],
    ["cd", "[directory] change/report the remote directory"],
    ["del", "<mask> delete all matching files"],
    ["deltree", "<mask> recursively delete all matching files and directories"],
    ["dir", "<mask> list the contents of the current directory"],
    ["du", "<mask> computes the total size of the current directory"],
    ["echo", "ping the server"],
    ["exit", "logoff the server"],
    ["get", "<remote name> [local name] get a file"],
    ["hardlink", "<src> <dest> create a Windows hard link"],
    ["help", "[command] give help on a command"],
    ["history", "displays the command history"],
    ["iosize", "iosize <number> (default 64512)"],
    ["lcd", "[directory] change/report the local current working directory"],
    ["lowercase", "toggle lowercasing of filenames for get"],
    ["ls", "<mask> list the contents of the current directory"],
    ["mask", "<mask> mask all filenames against this"],
    ["md", "<directory> make a directory"],
    ["mget", "<mask> get all the matching files"],
    ["more", "<remote name> view a remote file with your pager"],
    ["mput", "<mask> put all matching files"],
    ["prompt", "toggle prompting for filenames for mget and mput"],
    ["put", "<local name> [remote name] put a file"],
    ["pwd", "show current remote directory (same as 'cd' with no args)"],
    ["quit", "logoff the server"],
    ["rd", "<directory> remove a directory"],
    ["recurse", "toggle directory recursion for mget and mput"],
    ["reget", "<remote name> [local name] get a file restarting at end of local file"],
    ["rename", "<src> <dest> rename some files"],
    ["reput", "<local name> [remote name] put a file restarting at end of remote file"],
    ["rm", "<mask> delete all matching files"],
    ["setmode", "<file name> <setmode string> change modes of file"],
    ["scopy", "<src> <dest> server-side copy file"],
    ["timeout", "timeout <number> - set the per-operation timeout in seconds (default 20)"],
    ["volume", "print the volume name"],
    ["logon", "establish new logon"],
    ["listconnect", "list open connections"],
    ["showconnect", "display the current active connection"],
    ["tcon", "connect to a share"],
    ["tdis", "disconnect from a share"],
    ["tid", "show or set the current tid (tree-id)"],
    ["utimes", "<file name> <create_time> <access_time> <mod_time> <ctime> set times"],
    ["logoff", "log off (close the session)"],
    ["..", "change the remote directory (up one level)"],
  ] as const;
  for (const [name, text] of texts) {
    it(`of ${name} is smbclient's`, async () => {
      const { state, io } = fakeShell(new FakeTree());
      await state.run(`help ${name}`);
      assert.equal(io.stdout, `HELP ${name}:\n\t${text}\n\n`);
    });
  }
});
