// How set-up speaks and stops. Owns the two voices; refuses to decide. Invariant: a stop names what to do by hand.

/** @param {string} sentence */
export function say(sentence) {
  console.log(`set-up: ${sentence}`);
}

/** A reason to stop that a person can act on; anything else that is thrown is a defect of ours. */
export class Stop extends Error {}
