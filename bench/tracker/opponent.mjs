// The opponent of `npm run bench:tracker`: bittorrent-tracker's own server with its WebSocket side only, in a process of its own.
// Refuses to listen on anything but loopback. Invariant: prints its port in one line when it is ready, and nothing after.
//   node bench/tracker/opponent.mjs PORT
import Server from 'bittorrent-tracker/server';

const server = new Server({ http: false, udp: false, ws: true, stats: false, trustProxy: false });
server.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
server.on('warning', () => {}); // a client's mistakes are counted by the client
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => console.log(server.ws.address().port));
