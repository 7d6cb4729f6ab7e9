/** The user asked for something that makes no sense: exit status 2, the message, no stack. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}
