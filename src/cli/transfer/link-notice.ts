/** Said of what is left out, by all that go into directories. */
export function linkNotice(path: string): string {
  return `\\${path} is a link: what it leads to is left out`;
}
