// What a shaped uplink is: the arguments of `tc`, and whether a transfer shows that the shape took effect.
// Owns the numbers of the token bucket; refuses to call anything. Invariant: rates are bits per second of the wire, headers included.

/** A burst holds about ten full packets: smaller ones starve the bucket between two ticks of the kernel's clock. */
const kBurstBytes = 16 * 1024;
/** How long a packet may queue: a home router's buffer, not a data centre's. */
const kQueueMs = 200;
/** Headers take 66 of 1514 bytes; a few seconds of TCP against a short queue lose more, and up to a third on a busy machine. */
const kPayloadShareMin = 0.6;
const kPayloadShareMax = 1.02;
/** What an unshaped link must carry at least to be called one. */
const kUnshapedBps = 50e6;

/** Arguments after `tc`, for a device in the namespace that `tc -n` names. @param {string} device @param {number} rateBps */
export function tbfArguments(device, rateBps) {
  if (!(rateBps > 0)) throw new RangeError(`an uplink of ${rateBps} bit/s carries nothing`);
  const shape = ['tbf', 'rate', `${Math.round(rateBps)}bit`, 'burst', `${kBurstBytes}b`, 'latency', `${kQueueMs}ms`];
  return ['qdisc', 'add', 'dev', device, 'root', ...shape];
}

/** Whether payload measured over a link fits its shape. @param {number} payloadBps @param {number} [rateBps] unshaped without */
export function fitsShape(payloadBps, rateBps) {
  if (rateBps === undefined) return payloadBps >= kUnshapedBps;
  return payloadBps >= rateBps * kPayloadShareMin && payloadBps <= rateBps * kPayloadShareMax;
}
