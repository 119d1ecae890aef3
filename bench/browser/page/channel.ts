// One end of a bare data channel: what any swarm in a browser pays for its bytes, before a library does anything.
// Owns `window.channel`; refuses protocols and checks. Invariant: a channel as ours (unordered, reliable) and messages of a block's size.
const kMessageBytes = 60 * 1024;

const connection = new RTCPeerConnection({ iceServers: [] });
const message = crypto.getRandomValues(new Uint8Array(kMessageBytes / 60));
const block = new Uint8Array(kMessageBytes);
for (let at = 0; at < block.length; at += message.length) block.set(message, at);
let ready: RTCDataChannel | undefined;
let received = 0;

function use(channel: RTCDataChannel): void {
  channel.binaryType = 'arraybuffer';
  channel.onopen = () => (ready = channel);
  channel.onmessage = ({ data }) => (received += (data as ArrayBuffer).byteLength);
}
connection.ondatachannel = ({ channel }) => use(channel);

/** The local description with all candidates inside: two pages and nobody between them need no trickle. */
async function described(): Promise<string> {
  await connection.setLocalDescription();
  while (connection.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 20));
  return connection.localDescription!.sdp;
}

const api = {
  offer(): Promise<string> {
    use(connection.createDataChannel('floor', { ordered: false }));
    return described();
  },
  async answer(sdp: string): Promise<string> {
    await connection.setRemoteDescription({ type: 'offer', sdp });
    return described();
  },
  accept: (sdp: string): Promise<void> => connection.setRemoteDescription({ type: 'answer', sdp }),
  isOpen: (): boolean => ready !== undefined,
  received: (): number => received,
  /** Sends at a steady pace until the time is over. */
  async send(bytesPerSecond: number, durationMs: number): Promise<void> {
    const began = performance.now();
    for (let sent = 0; performance.now() - began < durationMs; sent += block.length) {
      ready!.send(block);
      const dueMs = ((sent + block.length) / bytesPerSecond) * 1000 - (performance.now() - began);
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
    }
  },
};
export type Channel = typeof api;
declare global {
  interface Window {
    channel: Channel;
  }
}
window.channel = api;
