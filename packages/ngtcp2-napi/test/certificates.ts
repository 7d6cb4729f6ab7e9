import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** PEM. */
export interface Identity {
  readonly cert: string;
  readonly key: string;
}

/** How a certificate differs from a good one. */
export interface CertificateOptions {
  /** Lines like `DNS:localhost`; none for a certificate without subjectAltName. */
  readonly names?: readonly string[];
  readonly commonName?: string;
  readonly purpose?: "serverAuth" | "clientAuth" | "codeSigning";
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
  readonly issuer?: Identity | "self";
}

const DAY = 86_400_000;

/** Makes certificates with openssl, in a directory of its own. */
export class CertificateAuthority {
  readonly #directory = mkdtempSync(join(tmpdir(), "quic-ca-"));
  #serial = 1;
  readonly root: Identity;

  constructor(name = "Test CA") {
    this.root = this.#selfSigned(name);
  }

  issue(options: CertificateOptions = {}): Identity {
    const names = options.names ?? ["DNS:localhost", "IP:127.0.0.1", "IP:::1"];
    const serial = String(++this.#serial);
    const path = (name: string): string => join(this.#directory, `${serial}-${name}`);
    this.#newKey(path("key"));
    const subject = `/CN=${options.commonName ?? "localhost"}`;
    this.#openssl("req", "-new", "-key", path("key"), "-subj", subject, "-out", path("csr"));
    const extensions = [
      ...(names.length === 0 ? [] : [`subjectAltName=${names.join(",")}`]),
      `extendedKeyUsage=${options.purpose ?? "serverAuth"}`,
      "keyUsage=digitalSignature",
    ];
    writeFileSync(path("ext"), `${extensions.join("\n")}\n`);
    this.#sign(path, serial, options);
    return { cert: readFileSync(path("crt"), "utf8"), key: readFileSync(path("key"), "utf8") };
  }

  /** The key, encrypted with a password. */
  protect(key: string, password: string): string {
    const [plain, encrypted] = ["plain.key", "encrypted.key"].map((name) =>
      join(this.#directory, name),
    ) as [string, string];
    writeFileSync(plain, key);
    const how = ["-topk8", "-v2", "aes-256-cbc", "-passout", `pass:${password}`];
    this.#openssl("pkcs8", "-in", plain, ...how, "-out", encrypted);
    return readFileSync(encrypted, "utf8");
  }

  /** A list that revokes these certificates. */
  revoke(...revoked: readonly Identity[]): string {
    const path = (name: string): string => join(this.#directory, name);
    writeFileSync(path("index"), "");
    writeFileSync(path("number"), "01\n");
    writeFileSync(
      path("conf"),
      `[ca]\ndefault_ca=x\n[x]\ndatabase=${path("index")}\ncrlnumber=${path("number")}\ndefault_md=sha256\ndefault_crl_days=9\n`,
    );
    const ca = ["ca", "-config", path("conf"), "-cert", path("ca.crt"), "-keyfile", path("ca.key")];
    for (const { cert } of revoked) {
      writeFileSync(path("bad.crt"), cert);
      this.#openssl(...ca, "-revoke", path("bad.crt"));
    }
    this.#openssl(...ca, "-gencrl", "-out", path("crl"));
    return readFileSync(path("crl"), "utf8");
  }

  dispose(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #sign(path: (name: string) => string, serial: string, options: CertificateOptions): void {
    const { issuer } = options;
    const how =
      issuer === "self"
        ? ["-signkey", path("key")]
        : ["-CA", path("ca.crt"), "-CAkey", path("ca.key"), "-set_serial", serial];
    if (issuer !== "self") {
      writeFileSync(path("ca.crt"), (issuer ?? this.root).cert);
      writeFileSync(path("ca.key"), (issuer ?? this.root).key);
    }
    // `x509 -req` cannot set the first day on every OpenSSL: `faketime` is not everywhere either,
    // `ca` can on all of them.
    if (options.from === undefined && options.until === undefined) {
      const args = ["x509", "-req", "-in", path("csr"), "-days", "30", "-extfile", path("ext")];
      this.#openssl(...args, ...how, "-out", path("crt"));
      return;
    }
    this.#signWithDates(path, options);
  }

  #signWithDates(path: (name: string) => string, options: CertificateOptions): void {
    writeFileSync(path("index"), "");
    writeFileSync(path("serial"), "77\n");
    writeFileSync(
      path("conf"),
      `[ca]\ndefault_ca=x\n[x]\ndatabase=${path("index")}\nserial=${path("serial")}\nnew_certs_dir=${this.#directory}\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n`,
    );
    this.#openssl(
      ...["ca", "-batch", "-notext", "-config", path("conf"), "-extfile", path("ext")],
      ...["-cert", path("ca.crt"), "-keyfile", path("ca.key"), "-in", path("csr")],
      ...["-startdate", dateOf(options.from ?? -1), "-enddate", dateOf(options.until ?? 30)],
      ...["-out", path("crt")],
    );
  }

  #selfSigned(name: string): Identity {
    const key = join(this.#directory, "ca.key");
    const cert = join(this.#directory, "ca.crt");
    this.#newKey(key);
    this.#openssl(
      "req",
      "-x509",
      "-new",
      "-key",
      key,
      "-subj",
      `/CN=${name}`,
      "-days",
      "30",
      "-out",
      cert,
    );
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  }

  #newKey(file: string): void {
    this.#openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", file);
  }

  #openssl(...args: readonly string[]): void {
    execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
  }
}

/** `20260102030405Z`. */
function dateOf(days: number): string {
  const text = new Date(Date.now() + days * DAY).toISOString();
  return `${text.replace(/\D/g, "").slice(0, 14)}Z`;
}

/** A CA and a server's identity for localhost. */
export function makeCertificates(): { readonly ca: string; readonly server: Identity } {
  const authority = new CertificateAuthority();
  const server = authority.issue();
  authority.dispose();
  return { ca: authority.root.cert, server };
}
