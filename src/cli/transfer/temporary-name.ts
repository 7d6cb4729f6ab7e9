/** Names are at most this long, in bytes of UTF-8, on the file systems we know. */
export const NAME_MAX = 255;
const LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789";

/**
 * A name beside `name` for a file that is not finished: `NAME.smbx-XXXXXX.part` behind `prefix`. A
 * long name is cut, so that the result fits where `name` fits.
 *
 * @param letters what stands for XXXXXX; by default nobody can guess it
 */
export function temporaryName(
  name: string,
  prefix: "." | "",
  letters: string = randomLetters(),
): string {
  const suffix = `.smbx-${letters}.part`;
  let stem = name;
  while (Buffer.byteLength(stem) + suffix.length + prefix.length > NAME_MAX) stem = dropLast(stem);
  return `${prefix}${stem}${suffix}`;
}

/** A character outside the basic plane is two units; half of one would be no character. */
function dropLast(text: string): string {
  return text.slice(0, /\p{Surrogate}$/u.test(text.slice(0, -1)) ? -2 : -1);
}

function randomLetters(): string {
  let letters = "";
  for (let index = 0; index < 6; index += 1) {
    letters += LETTERS.charAt(Math.floor(Math.random() * LETTERS.length));
  }
  return letters;
}
