/** The variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about who we are. */
export interface EnvironmentCredentials {
  /** From USER, else LOGNAME; USER may be `DOMAIN\user%password`. */
  readonly user?: string;
  /** From PASSWD, else PASSWD_FD, else PASSWD_FILE. */
  readonly password?: string;
}

/** Reads the first line of an open file descriptor or of a file. */
export interface SecretReader {
  fromDescriptor(descriptor: number): string;
  fromFile(path: string): string;
}

/** The variables that hold a secret: `main.ts` keeps them from programs that we start. */
export const SECRET_VARIABLES: readonly string[] = [
  ...["PASSWD", "PASSWD_FD", "PASSWD_FILE", "SMBX_QUIC_KEY_PASSPHRASE"],
];

/**
 * The credentials in the environment, with Samba's variables and Samba's precedence.
 *
 * @throws the system's error where PASSWD_FD or PASSWD_FILE cannot be read
 */
export function environmentCredentials(
  environment: Environment,
  reader: SecretReader,
): EnvironmentCredentials {
  const user = nonEmpty(environment["USER"]) ?? nonEmpty(environment["LOGNAME"])?.split("%", 1)[0];
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
  if (descriptor !== undefined && /^\d+$/.test(descriptor)) {
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
