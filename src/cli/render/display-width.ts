const ASCII = /^[\x20-\x7e]*$/;
// Combining marks, joiners and other characters that take no column of their own.
const ZERO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;
// Emoji of the older blocks that are shown as pictures; flags are pairs of narrow letters.
const EMOJI = /(?!\p{RI})\p{Emoji_Presentation}/u;
// East Asian Wide and Fullwidth (Unicode 15 annex 11, in whole blocks) and emoji.
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{20000}-\u{3fffd}]/u;

/** How many columns of a terminal `text` takes. */
export function displayWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const character of text) width += characterWidth(character);
  return width;
}

function characterWidth(character: string): number {
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.test(character) || EMOJI.test(character) ? 2 : 1;
}
