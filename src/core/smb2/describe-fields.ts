/** Fields that are sets of bits or codes: hexadecimal says more. */
const HEX_FIELDS: ReadonlySet<string> = new Set([
  "flags",
  "capabilities",
  "dialectRevision",
  "dialects",
  "desiredAccess",
  "maximalAccess",
  "fileAttributes",
  "shareAccess",
  "shareFlags",
  "sessionFlags",
  "createOptions",
  "ctlCode",
  "completionFilter",
  "additionalInformation",
  "errorId",
]);

/** Names of 16 bytes that may be told: they are no secrets and tell opens and leases apart. */
const ID_FIELDS: ReadonlySet<string> = new Set(["fileId", "leaseKey", "clientGuid", "serverGuid"]);

const MAX_LIST = 16;
const MAX_TEXT = 200;

/** `key=value` of each field; bytes but for a few ids by their length alone. */
export function describeFields(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  return Object.entries(value)
    .map(([name, field]) => `${name}=${describeValue(name, field)}`)
    .join(" ");
}

function describeValue(name: string, value: unknown): string {
  if (typeof value === "number") return HEX_FIELDS.has(name) ? hex(value) : String(value);
  if (typeof value === "bigint") return `0x${value.toString(16)}`;
  if (typeof value === "string") return describeText(value);
  if (value instanceof Uint8Array) return describeBytes(name, value);
  if (Array.isArray(value)) return describeList(name, value);
  return `{${describeFields(value)}}`;
}

function describeList(name: string, list: readonly unknown[]): string {
  const shown = list.slice(0, MAX_LIST).map((item) => describeValue(name, item));
  if (list.length > MAX_LIST) shown.push(`… ${list.length} in all`);
  return `[${shown.join(", ")}]`;
}

function describeBytes(name: string, bytes: Uint8Array): string {
  if (!ID_FIELDS.has(name) || bytes.length !== 16) return `<${bytes.length} bytes>`;
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** In quotes, with whatever could steer a terminal escaped. */
function describeText(text: string): string {
  const shown = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
  const safe = shown.replace(
    /["\\\p{C}\p{Zl}\p{Zp}]/gu,
    (character) =>
      `\\${character === "\\" || character === '"' ? character : `u{${code(character)}}`}`,
  );
  return `"${safe}"`;
}

function code(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16);
}

function hex(value: number): string {
  return `0x${value.toString(16)}`;
}
