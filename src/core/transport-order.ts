import type { TransportChoice } from "./dialer.ts";

/** The wires that a user can name, with the port that each means when none is given. */
const DEFAULT_PORTS = { tcp: 445, nbt: 139, quic: 443, smbdirect: 445 } as const;

type NamedKind = keyof typeof DEFAULT_PORTS;

/** As many transports as Samba accepts in its list. */
const MOST = 10;

/** Direct TCP first, then QUIC where the target has a name. NetBIOS only when it is asked for. */
export const defaultOrder: readonly TransportChoice[] = [{ kind: "tcp" }, { kind: "quic" }];

/**
 * Reads a list of transports in the syntax of Samba's `client smb transports`: `tcp, quic:1443`,
 * separated by commas or blanks. A bare number is a TCP port, 139 is NetBIOS. A list of `+quic` and
 * `-nbt` changes `base` instead of replacing it. What is named twice counts once.
 *
 * @throws {RangeError} naming the word that is not understood
 */
export function parseTransportOrder(
  text: string,
  base: readonly TransportChoice[] = defaultOrder,
): TransportChoice[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0) throw new RangeError("No transport named");
  const isChange = /^[+-]/.test(words[0] ?? "");
  let order: TransportChoice[] = isChange ? [...base] : [];
  for (const word of words) {
    if (/^[+-]/.test(word) !== isChange) {
      throw new RangeError(
        `"${word}": a list has either + and - before each transport or before none`,
      );
    }
    const choice = parseChoice(isChange ? word.slice(1) : word);
    order = word.startsWith("-") ? without(order, choice) : withChoice(order, choice);
  }
  if (order.length === 0) throw new RangeError(`No transport is left after "${text.trim()}"`);
  if (order.length > MOST) throw new RangeError(`More than ${MOST} transports: "${text.trim()}"`);
  return order;
}

/** The list in the syntax that {@link parseTransportOrder} reads: `tcp, quic:1443`. */
export function formatTransportOrder(order: readonly TransportChoice[]): string {
  return order.map(({ kind, port }) => (port === undefined ? kind : `${kind}:${port}`)).join(", ");
}

function parseChoice(word: string): TransportChoice {
  const [, name = "", digits] = /^([a-z]*?):?([0-9]*)$/i.exec(word) ?? [];
  const port = digits === undefined || digits === "" ? undefined : Number(digits);
  if (port !== undefined && (port < 1 || port > 65_535)) {
    throw new RangeError(`"${word}": a port is a number from 1 to 65535`);
  }
  if (/^[0-9]+$/.test(word)) return choiceOf(port === 139 ? "nbt" : "tcp", port);
  const kind = name.toLowerCase();
  const isWellFormed = /^[a-z]+(?::[0-9]+)?$/i.test(word);
  if (!isWellFormed || !isNamedKind(kind)) {
    throw new RangeError(
      `"${word}" is not a transport: tcp, nbt, quic or smbdirect, with or without :PORT, or a port`,
    );
  }
  return choiceOf(kind, port);
}

/** The choice, without the port where it is the default one: equal choices look equal. */
function choiceOf(kind: NamedKind, port: number | undefined): TransportChoice {
  return port === undefined || port === DEFAULT_PORTS[kind] ? { kind } : { kind, port };
}

function isNamedKind(word: string): word is NamedKind {
  return Object.hasOwn(DEFAULT_PORTS, word);
}

function withChoice(order: TransportChoice[], choice: TransportChoice): TransportChoice[] {
  const isThere = order.some(({ kind, port }) => kind === choice.kind && port === choice.port);
  return isThere ? order : [...order, choice];
}

/** Without this kind; where a port is named, only without that one. */
function without(order: TransportChoice[], choice: TransportChoice): TransportChoice[] {
  return order.filter(
    ({ kind, port }) => kind !== choice.kind || (choice.port !== undefined && port !== choice.port),
  );
}
