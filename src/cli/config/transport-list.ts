import type { TransportChoice } from "../../core/index.ts";
import { UsageError } from "../usage-error.ts";
import { parseList } from "./smb-conf.ts";

/** What is tried when nothing was said: TCP, and QUIC where the server has a name. */
export const DEFAULT_TRANSPORTS: readonly TransportChoice[] = [{ kind: "tcp" }, { kind: "quic" }];

const MAX_TRANSPORTS = 10;

const KINDS: ReadonlySet<string> = new Set(["tcp", "nbt", "quic", "smbdirect"]);

type Item = { readonly operation: "" | "+" | "-"; readonly choice: TransportChoice };

/**
 * Parses `--transport` and smb.conf's `client smb transports`: `tcp`, `nbt`, `quic`, `smbdirect`,
 * each with `:PORT` if wanted; a bare number is TCP at that port, NetBIOS for 139. With `+` in front
 * of the items they are appended to the default, with `-` removed from it.
 *
 * @throws {UsageError} for an unknown word, a port out of range, more than ten, or a mixture
 */
export function parseTransportList(text: string): readonly TransportChoice[] {
  const items = parseList(text).map(parseItem);
  if (items.length === 0) throw new UsageError("the list of transports is empty");
  const isChange = items[0]?.operation !== "";
  if (items.some((item) => (item.operation !== "") !== isChange)) {
    throw new UsageError(`transports with and without + or - cannot be mixed: ${text}`);
  }
  let choices: readonly TransportChoice[] = isChange ? DEFAULT_TRANSPORTS : [];
  for (const { operation, choice } of items) {
    choices =
      operation === "-"
        ? choices.filter(({ kind }) => kind !== choice.kind)
        : [...choices.filter((other) => !isSame(other, choice)), choice];
  }
  if (choices.length === 0) throw new UsageError(`no transport is left by ${text}`);
  if (choices.length > MAX_TRANSPORTS) {
    throw new UsageError(`more than ${MAX_TRANSPORTS} transports: ${text}`);
  }
  return choices;
}

/** The transports of `-p PORT`: one, at that port. */
export function transportsForPort(port: number): readonly TransportChoice[] {
  return [{ kind: port === 139 ? "nbt" : "tcp", port }];
}

function isSame(a: TransportChoice, b: TransportChoice): boolean {
  return a.kind === b.kind && a.port === b.port;
}

function parseItem(word: string): Item {
  const match = /^([+-]?)([a-z]+|\d+)(?::(\d+))?$/.exec(word.toLowerCase());
  const [, operation = "", name = "", portText] = match ?? [];
  if (/^\d+$/.test(name) && portText === undefined) {
    const port = parsePort(name, word);
    return {
      operation: operation as Item["operation"],
      choice: transportsForPort(port)[0] as TransportChoice,
    };
  }
  if (!KINDS.has(name)) {
    throw new UsageError(`unknown transport: ${word} (known: tcp, nbt, quic, smbdirect)`);
  }
  const kind = name as TransportChoice["kind"];
  const choice = portText === undefined ? { kind } : { kind, port: parsePort(portText, word) };
  return { operation: operation as Item["operation"], choice };
}

function parsePort(text: string, word: string): number {
  const port = Number(text);
  if (port < 1 || port > 65535) throw new UsageError(`no such port: ${word}`);
  return port;
}
