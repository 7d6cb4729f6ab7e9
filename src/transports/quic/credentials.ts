import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { DialProblem } from "../../core/errors.ts";
import type { QuicOptions } from "./quic-options.ts";

/** Trust and identity, read and checked: what the addon is given. */
export interface QuicCredentials {
  readonly ca: readonly (string | Uint8Array)[];
  readonly crl: readonly string[];
  readonly systemCa: boolean;
  readonly identity: QuicIdentity | undefined;
  /** Why we have no certificate although one was named. */
  readonly missingIdentity: string | undefined;
}

/** Our certificate with its chain and its key, PEM. */
export interface QuicIdentity {
  readonly cert: string;
  readonly key: string;
}

/** A setting that cannot be used; the message names the file. */
export class CredentialError extends Error {
  readonly problems: readonly DialProblem[];

  constructor(message: string, ...problems: readonly DialProblem[]) {
    super(message);
    this.problems = problems;
  }
}

/**
 * Reads the files of `options`.
 *
 * @throws {CredentialError} naming the file that cannot be used
 */
export async function readCredentials(options: QuicOptions): Promise<QuicCredentials> {
  const files = (options.caFiles ?? []).map(readCaFile);
  const directories = (options.caDirectories ?? []).map(readCaDirectory);
  const either = (options.caPaths ?? []).map(readCaPath);
  const lists = (options.crlFiles ?? []).map(readCrlFile);
  // All of them settle before the first failure is thrown: none is left behind.
  await Promise.allSettled([...files, ...directories, ...either, ...lists]);
  return {
    ca: [...(options.ca ?? []), ...(await Promise.all([...files, ...directories, ...either]))],
    crl: await Promise.all(lists),
    systemCa: options.systemCa ?? true,
    ...(await readIdentity(options)),
  };
}

async function readCaPath(path: string): Promise<string | Uint8Array> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() === true ? readCaDirectory(path) : readCaFile(path);
}

async function readCaFile(path: string): Promise<string | Uint8Array> {
  const bytes = await read(path, "CA file");
  const text = bytes.toString("latin1");
  const blocks = certificatesIn(text);
  if (blocks.length === 0 && !text.includes("-----BEGIN") && isCertificate(bytes)) return bytes;
  if (blocks.length === 0) throw new CredentialError(`the CA file ${path} holds no certificate`);
  if (!blocks.every(isCertificate)) {
    throw new CredentialError(`the CA file ${path} holds a certificate that is damaged`);
  }
  return blocks.join("\n");
}

/** Systems keep the same certificate under several names in one directory. */
async function readCaDirectory(path: string): Promise<string> {
  const names = await readdir(path).catch((error: unknown) => {
    throw new CredentialError(`the CA directory ${path} cannot be read: ${wordsOf(error)}`);
  });
  const texts = await Promise.all(
    names.map((name) => readFile(join(path, name), "latin1").catch(() => "")),
  );
  const blocks = new Set(texts.flatMap(certificatesIn));
  const usable = [...blocks].filter(isCertificate);
  if (usable.length === 0) {
    throw new CredentialError(`the CA directory ${path} holds no certificate (PEM)`);
  }
  return usable.join("\n");
}

async function readCrlFile(path: string): Promise<string> {
  const text = (await read(path, "revocation list")).toString("latin1");
  if (/-----BEGIN X509 CRL-----/.test(text)) return text;
  throw new CredentialError(`the file ${path} holds no revocation list (PEM)`);
}

async function readIdentity(
  options: QuicOptions,
): Promise<Pick<QuicCredentials, "identity" | "missingIdentity">> {
  try {
    return { identity: await loadIdentity(options), missingIdentity: undefined };
  } catch (error) {
    if (options.isIdentityOptional !== true || !(error instanceof CredentialError)) throw error;
    return { identity: undefined, missingIdentity: error.message };
  }
}

async function loadIdentity(options: QuicOptions): Promise<QuicIdentity | undefined> {
  const { certFile, keyFile } = options;
  if (certFile === undefined && options.cert === undefined) {
    if (keyFile === undefined && options.key === undefined) return undefined;
    throw new CredentialError(`a key without its certificate: ${keyFile ?? "give that as well"}`);
  }
  const certPlace = certFile === undefined ? "the client certificate" : `the file ${certFile}`;
  const certText = textOf(options.cert) ?? (await readText(certFile, "client certificate"));
  const [own, ...issuers] = certificatesIn(certText);
  if (own === undefined) throw new CredentialError(`${certPlace} holds no certificate (PEM)`);
  if (![own, ...issuers].every(isCertificate)) {
    throw new CredentialError(`${certPlace} holds a certificate that is damaged`);
  }
  const hasOwnKey = options.key !== undefined || keyFile !== undefined;
  const keyPlace = keyFile === undefined ? certPlace : `the file ${keyFile}`;
  const keyText = hasOwnKey ? (textOf(options.key) ?? (await readText(keyFile, "key"))) : certText;
  const key = parseKey(keyText, keyPlace, options.keyPassphrase);
  if (!new X509Certificate(own).checkPrivateKey(key)) {
    throw new CredentialError(
      `the key in ${keyPlace} does not fit the certificate in ${certPlace}`,
    );
  }
  const pem = key.export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: [own, ...issuers].join("\n"), key: pem };
}

function parseKey(text: string, place: string, passphrase: string | undefined): KeyObject {
  const isEncrypted = /-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text);
  if (!/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw new CredentialError(`${place} holds no private key (PEM)`);
  }
  if (isEncrypted && passphrase === undefined) {
    throw new CredentialError(
      `the key in ${place} is encrypted, and no passphrase was given`,
      "key-passphrase",
    );
  }
  try {
    return createPrivateKey({ key: text, ...(isEncrypted ? { passphrase } : {}) });
  } catch {
    // OpenSSL's own words help nobody, and might quote what they were given.
    const why = isEncrypted ? "cannot be opened with this passphrase" : "is damaged";
    throw new CredentialError(`the key in ${place} ${why}`);
  }
}

function certificatesIn(text: string): readonly string[] {
  return (
    text.match(
      /-----BEGIN (?:X509 )?CERTIFICATE-----[\s\S]*?-----END (?:X509 )?CERTIFICATE-----/g,
    ) ?? []
  );
}

function isCertificate(data: string | Uint8Array): boolean {
  try {
    return new X509Certificate(data) !== undefined;
  } catch {
    return false;
  }
}

function textOf(data: string | Uint8Array | undefined): string | undefined {
  return data instanceof Uint8Array ? Buffer.from(data).toString("latin1") : data;
}

async function readText(path: string | undefined, what: string): Promise<string> {
  return path === undefined ? "" : (await read(path, what)).toString("latin1");
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new CredentialError(`the ${what} ${path} cannot be read: ${wordsOf(error)}`);
  }
}

/** `no such file or directory` of `ENOENT: no such file or directory, open '…'`. */
function wordsOf(error: unknown): string {
  const { message } = error as Error;
  return /^[A-Z0-9]+: (.*?)(?:, \w+(?: '.*')?)?$/s.exec(message)?.[1] ?? message;
}
