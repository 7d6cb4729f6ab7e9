import { parseBoolean } from "./config/smb-conf.ts";
import { UsageError } from "./usage-error.ts";

/** What the options of QUIC said; see `quic-option-entries.ts`. */
export interface QuicArguments {
  /** Files and directories. */
  readonly ca: readonly string[];
  readonly cert?: string;
  readonly key?: string;
  readonly serverName?: string;
  readonly verify?: "strict" | "ca" | "none";
  readonly smbEncryption?: boolean;
  readonly provider?: "auto" | "kernel" | "ngtcp2";
}

/**
 * `before` with one more option.
 *
 * @throws {UsageError} for a value that makes no sense
 */
export function withQuicOption(
  before: QuicArguments | undefined,
  long: string,
  value: string,
): QuicArguments {
  if (value === "") throw new UsageError(`--${long} needs a value`);
  const { ca, ...others } = before ?? { ca: [] };
  const quic = { ...others, ca };
  switch (long) {
    case "quic-ca":
      return { ...quic, ca: [...ca, value] };
    case "quic-cert":
      return { ...quic, cert: value };
    case "quic-key":
      return { ...quic, key: value };
    case "quic-server-name":
      return { ...quic, serverName: value };
    case "quic-verify":
      return { ...quic, verify: oneOf(long, value, ["strict", "ca", "none"]) };
    case "quic-provider":
      return { ...quic, provider: oneOf(long, value, ["auto", "kernel", "ngtcp2"]) };
    case "quic-smb-encryption":
      return { ...quic, smbEncryption: yesOrNo(long, value) };
    default:
      throw new Error(`--${long} is no option of QUIC`);
  }
}

function oneOf<const T extends string>(long: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`--${long} is one of ${words.join(", ")}, not ${value}`);
}

function yesOrNo(long: string, value: string): boolean {
  const found = parseBoolean(value);
  if (found === undefined) throw new UsageError(`--${long} is yes or no, not ${value}`);
  return found;
}
