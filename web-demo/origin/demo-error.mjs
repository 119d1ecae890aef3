// Owns: the one error class whose message is written for the person at the terminal.
// Refuses: programming errors; those keep their stack.
// Invariant: start.mjs prints a DemoError as one sentence and exits with code 1.
export class DemoError extends Error {}
