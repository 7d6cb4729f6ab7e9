import {
  type DialAttempt,
  explainAttempts,
  type SmbClient,
  type TransportFactory,
  type Tree,
} from "../core/index.ts";
import { PROTECTED_BY_TLS, wireLines } from "./render/connection.ts";
import { printable } from "./render/printable.ts";

/** What was agreed on, as `--explain` and `-d 1` tell it: whole lines. */
export function explainConnection(client: SmbClient): string {
  const { connection, session } = client;
  const lines = [
    ...wireLines(connection.transport),
    `dialect: ${connection.dialectName}`,
    `signing: ${session.isSigned ? connection.signingAlgorithm : signingAbsence(client)}`,
    `encryption: ${session.isEncrypted ? connection.cipher : encryptionAbsence(client)}`,
    `user: ${userLine(client)}`,
    ...session.logonLosses.map((loss) => `logon: ${loss}`),
  ];
  return lines.map((line) => `${printable(line)}\n`).join("");
}

/** What the story has to add when a share is connected: "" unless the share demands encryption. */
export function explainShare({ isEncrypted, session, share }: Tree): string {
  if (!isEncrypted || session.isEncrypted) return "";
  const { cipher = "an unknown cipher" } = session.connection;
  return `${printable(`share: ${share}, encrypted with ${cipher}`)}\n`;
}

/** How the server was reached, or not: a line for each wire, and what the wires have to add. */
export function explainDialling(
  attempts: readonly DialAttempt[],
  wires: readonly TransportFactory[],
): string {
  // One by one: what a server sent may hold line ends of its own.
  const lines = attempts.map((attempt) => explainAttempts([attempt]));
  lines.push(...wires.flatMap((wire) => wire.remarks?.() ?? []));
  return lines.map((line) => `${printable(line)}\n`).join("");
}

function signingAbsence({ connection, session }: SmbClient): string {
  if (connection.usesTransportSecurity) return PROTECTED_BY_TLS;
  if (session.isEncrypted) return "not needed, encryption covers it";
  return session.isAnonymous || session.isGuest ? "impossible without a user" : "off";
}

function encryptionAbsence({ connection }: SmbClient): string {
  if (connection.usesTransportSecurity) return PROTECTED_BY_TLS;
  if (connection.transport.isEncrypted) return "off (the transport encrypts)";
  return connection.cipher === undefined
    ? "not offered by the server"
    : `off (${connection.cipher} available)`;
}

function userLine({ session }: SmbClient): string {
  if (session.isAnonymous) return "anonymous";
  return session.isGuest ? `${session.user} (guest)` : session.user;
}
