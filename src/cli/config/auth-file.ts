import { parameterKey } from "./smb-conf.ts";

/** What an authentication file (`-A`) says; what it leaves out is undefined. */
export interface AuthFile {
  readonly username?: string;
  readonly password?: string;
  readonly domain?: string;
}

/**
 * Parses the lines `username = …`, `password = …` and `domain = …`, with or without blanks around
 * the sign. Blanks at the end of a value belong to it only in a password... which therefore is
 * taken to the end of its line. Other names, comments (`#`, `;`) and empty lines are passed over.
 */
export function parseAuthFile(text: string): AuthFile {
  const found: { username?: string; password?: string; domain?: string } = {};
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const equals = line.indexOf("=");
    if (equals < 0 || /^\s*[#;]/.test(line)) continue;
    const value = line.slice(equals + 1).replace(/^[ \t]+/, "");
    switch (parameterKey(line.slice(0, equals).trim())) {
      case "username":
      case "user":
        found.username = value.trimEnd();
        break;
      case "password":
        found.password = value;
        break;
      case "domain":
        found.domain = value.trimEnd();
        break;
      default:
    }
  }
  return found;
}
