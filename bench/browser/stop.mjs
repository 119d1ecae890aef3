// A reason to stop that a person can act on; anything else that is thrown is a defect of ours and keeps its stack.
// Owns the class; refuses to print. Invariant: its message is a sentence that says what to do.
export class Stop extends Error {}
