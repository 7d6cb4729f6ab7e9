import { Dialect } from "../../core/index.ts";

/** A protocol level of smb.conf: its rank among all, and its dialect unless it is SMB1 or older. */
export interface ProtocolLevel {
  readonly rank: number;
  /** As Samba prints it. */
  readonly name: string;
  readonly dialect: Dialect | undefined;
}

const LEVELS: readonly (readonly [names: readonly string[], dialect?: Dialect])[] = [
  [["CORE"]],
  [["COREPLUS", "CORE+"]],
  [["LANMAN1"]],
  [["LANMAN2"]],
  [["NT1"]],
  [["SMB2_02"], Dialect.SMB_2_0_2],
  [["SMB2", "SMB2_10", "SMB2_22", "SMB2_24"], Dialect.SMB_2_1],
  [["SMB3_00"], Dialect.SMB_3_0],
  [["SMB3_02"], Dialect.SMB_3_0_2],
  [["SMB3", "SMB3_11", "SMB3_10"], Dialect.SMB_3_1_1],
];

/** The words to choose from, the oldest protocol first; more are understood. */
export const protocolWords: readonly string[] = [
  ...["SMB2_02", "SMB2_10", "SMB2", "SMB3_00", "SMB3_02", "SMB3_11", "SMB3"],
];

/** The level that a word of smb.conf names, in any case; undefined for another word. */
export function parseProtocol(word: string): ProtocolLevel | undefined {
  const upper = word.trim().toUpperCase();
  const rank = LEVELS.findIndex(([names]) => names.includes(upper));
  const level = LEVELS[rank];
  return level === undefined ? undefined : { rank, name: level[0][0] ?? upper, dialect: level[1] };
}
