/**
 * The little Markdown of smbx.1.md as roff for man(7): `# HEADINGS`, paragraphs, `- lists`, terms
 * followed by `: explanations`, fenced code, **bold**, *italic* or _italic_, and `code`.
 */
export function markdownToRoff(markdown: string): string {
  const blocks = markdown.trim().split(/\n{2,}(?=\S)/);
  return mergeFences(blocks).map(block).join("");
}

/** A fence with empty lines in it was split: put together what belongs together. */
function mergeFences(blocks: readonly string[]): string[] {
  const merged: string[] = [];
  let open: string | undefined;
  for (const text of blocks) {
    const whole: string = open === undefined ? text : `${open}\n\n${text}`;
    const fences = whole.match(/^```/gm)?.length ?? 0;
    open = fences % 2 === 1 ? whole : undefined;
    if (open === undefined) merged.push(whole);
  }
  if (open !== undefined) throw new Error("A code block is not closed");
  return merged;
}

function block(text: string): string {
  if (text.startsWith("# ")) return `.SH ${escapeRoff(text.slice(2).trim())}\n`;
  if (text.startsWith("```")) return code(text);
  if (text.startsWith("- "))
    return text
      .split(/\n(?=- )/)
      .map(bullet)
      .join("");
  const [term = "", ...lines] = text.split("\n");
  if (lines[0]?.startsWith(": "))
    return definition(term, [lines[0].slice(1).trim(), ...lines.slice(1)].join(" "));
  return `.PP\n${line(inline(joined(text)))}`;
}

function code(text: string): string {
  const lines = text.split("\n").slice(1, -1);
  return `.PP\n.RS 4\n.EX\n${lines.map((each) => line(escapeRoff(each))).join("")}.EE\n.RE\n`;
}

function bullet(text: string): string {
  return `.IP \\(bu 2\n${line(inline(joined(text.slice(2))))}`;
}

/** A tagged paragraph; both parts are Markdown. */
export function definition(term: string, explanation: string): string {
  return `.TP\n${line(inline(term))}${line(inline(explanation))}`;
}

/** A second paragraph below a tag. */
export function continuation(text: string): string {
  return `.IP\n${line(inline(text))}`;
}

function joined(text: string): string {
  return text.replaceAll(/\n\s*/g, " ");
}

/** Text lines must not begin like a request. */
function line(roff: string): string {
  return `${/^[.']/.test(roff) ? "\\&" : ""}${roff}\n`;
}

function inline(markdown: string): string {
  const marked = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*]+)\*|(?<!\w)_([^_]+)_(?!\w)/g;
  let roff = "";
  let at = 0;
  for (const match of markdown.matchAll(marked)) {
    roff += escapeRoff(markdown.slice(at, match.index));
    const [whole, typed, bold, italic, underlined] = match;
    const strong = typed ?? bold;
    roff += strong === undefined ? font("I", italic ?? underlined ?? "") : font("B", strong);
    at = match.index + whole.length;
  }
  return roff + escapeRoff(markdown.slice(at));
}

function font(name: "B" | "I", text: string): string {
  return `\\f${name}${escapeRoff(text)}\\fR`;
}

/** Characters that roff reads as something else; all hyphens can be copied from a terminal. */
export function escapeRoff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("…", "...");
}
