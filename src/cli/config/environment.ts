import { UsageError } from "../usage-error.ts";

/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about who we are. */
export interface EnvironmentCredentials {
  /** From USER, else LOGNAME; may be `DOMAIN\user%password`. */
  readonly user?: string;
  /** From PASSWD, else PASSWD_FD, else PASSWD_FILE. */
  readonly password?: string;
}

/** Reads the first line of an open file descriptor or of a file. */
export interface SecretReader {
  fromDescriptor(descriptor: number): string;
  fromFile(path: string): string;
}

const SECRETS = ["PASSWD", "PASSWD_FD", "PASSWD_FILE", "SMBX_QUIC_KEY_PASSPHRASE"];
const NAMES = ["USER", "LOGNAME"];

/** Takes every secret out of `environment`, which programs that we start will see. */
export function hideSecrets(environment: Record<string, string | undefined>): void {
  for (const name of SECRETS) delete environment[name];
  for (const name of NAMES) {
    const value = environment[name];
    if (value?.includes("%") === true) environment[name] = userNameOf(value);
  }
}

/** The name alone of what USER or LOGNAME holds. */
export function userNameOf(spelled: string): string {
  return spelled.split("%", 1)[0] ?? "";
}

/**
 * The credentials in the environment, with Samba's variables and Samba's precedence.
 *
 * @throws {UsageError} where PASSWD_FD is no number
 * @throws what `reader` throws where PASSWD_FD or PASSWD_FILE cannot be read
 */
export function environmentCredentials(
  environment: Environment,
  reader: SecretReader,
): EnvironmentCredentials {
  const user = nonEmpty(environment["USER"]) ?? nonEmpty(environment["LOGNAME"]);
  const password = environmentPassword(environment, reader);
  return {
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  };
}

function environmentPassword(environment: Environment, reader: SecretReader): string | undefined {
  const direct = environment["PASSWD"];
  if (direct !== undefined) return direct;
  const descriptor = nonEmpty(environment["PASSWD_FD"]);
  if (descriptor !== undefined) {
    if (!/^\d{1,9}$/.test(descriptor)) {
      throw new UsageError(`PASSWD_FD is the number of an open descriptor, not ${descriptor}`);
    }
    return firstLine(reader.fromDescriptor(Number(descriptor)));
  }
  const file = nonEmpty(environment["PASSWD_FILE"]);
  return file === undefined ? undefined : firstLine(reader.fromFile(file));
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

function firstLine(text: string): string {
  return text.split(/[\r\n\0]/, 1)[0] ?? "";
}
