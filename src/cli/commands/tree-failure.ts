import { NtStatus, NtStatusError, ntStatusExplanation, type SmbClient } from "../../core/index.ts";
import { StatedFailure } from "../failure.ts";
import { isStatus } from "./phrases.ts";

/** Why a share was not connected, in smbclient's words behind `failure`; other errors as they are. */
export function statedTreeFailure(error: unknown, client: SmbClient, failure: string): unknown {
  if (!(error instanceof NtStatusError)) return error;
  const reason = isStatus(error, NtStatus.ACCESS_DENIED) ? lackOfEncryption(client) : undefined;
  return new StatedFailure(`${failure}: ${error.statusName}`, {
    cause: error,
    ...(reason === undefined ? {} : { explanation: reason }),
  });
}

/** A share that requires encryption denies who cannot have it, with the same status as anybody else. */
function lackOfEncryption({ connection, session }: SmbClient): readonly string[] | undefined {
  if (session.canEncrypt) return undefined;
  const meaning = ntStatusExplanation(NtStatus.ACCESS_DENIED) ?? "";
  const remedy =
    connection.cipher === undefined
      ? `which SMB ${connection.dialectName} with this server does not have: -m SMB3`
      : "for which a guest or anonymous session has no key: log on as a user with a password";
  return [meaning, `It may also be that the share requires encryption, ${remedy}`];
}
