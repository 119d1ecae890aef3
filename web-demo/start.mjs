#!/usr/bin/env node
// Owns: `npm start`: origin, tracker, headless viewers and the terminal's table, brought up in that order and taken down
// in reverse. Refuses: set-up and builds (npm's pre-scripts did them).
// Invariant: however this ends (Ctrl-C, SIGTERM, failure half-way), nothing that it started outlives it.
import { Command, InvalidArgumentError } from 'commander';
import { TerminalTable } from './launcher/terminal-table.mjs';
import { startTracker } from './launcher/tracker-process.mjs';
import { openViewers } from './launcher/viewer-browser.mjs';
import { DemoError } from './origin/demo-error.mjs';
import { startOrigin } from './origin/origin.mjs';
import { trackerFor } from './origin/pages.mjs';

const VIEWERS_MAX = 50;

/** @param {number} max @returns {(text: string) => number} */
const whole = (max) => (text) => {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > max) throw new InvalidArgumentError(`Give a whole number from 0 to ${max}.`);
  return value;
};

const options = new Command('npm start --')
  .description('Live video, a tracker, and viewers that share it. Open the printed address to join them.')
  .option('--viewers <n>', 'headless viewers to open', whole(VIEWERS_MAX), 3)
  .option('--port <n>', 'port of the page and the stream, 0 for a free one', whole(65535), 8080)
  .option('--host <address>', 'address to listen on; 0.0.0.0 for every interface', '127.0.0.1')
  .option('--source <dir>', 'HLS folder of your own packager instead of the built-in channel')
  .option('--no-browser', 'open no headless viewers')
  .parse()
  .opts();

/** What is up, to be taken down last in, first out. @type {(() => unknown)[]} */
const running = [];
let figures = () => ({
  viewers: [],
  totals: { bytesFromCdn: 0, bytesFromPeers: 0, bytesUploaded: 0, stalls: 0 },
  originBytes: 0,
});
const table = new TerminalTable(process.stdout, () => figures());

/** @type {Promise<void> | undefined} */
let ending;
function end(code) {
  return (ending ??= (async () => {
    table.stop();
    // A part that cannot end must not keep the others, or the terminal, for ever.
    setTimeout(() => process.exit(code || 1), 8000).unref();
    while (running.length > 0) await Promise.resolve(running.pop()?.()).catch((error) => console.error(error));
    process.exit(code);
  })());
}
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, () => void end(0));

/** Keep what came up even when we are already ending: its close runs at once. */
async function own(thing) {
  if (ending) await thing.close();
  else running.push(() => thing.close());
  return thing;
}

try {
  const count = options.browser ? options.viewers : 0;
  const say = (line) => table.say(line);
  // Ctrl-C reaches the children too, and they may be quicker than we are: that is no news.
  const complain = (line) => setTimeout(() => ending || say(line), 500);
  const tracker = await own(await startTracker({ host: options.host, onExit: complain }));
  const origin = await own(
    await startOrigin({
      port: options.port,
      host: options.host,
      source: options.source,
      tracker: tracker.url,
      viewers: count,
      say,
    }),
  );
  figures = () => ({
    viewers: origin.reports.present(Date.now()),
    totals: origin.reports.totals(Date.now()),
    originBytes: origin.counters.segmentBytes,
  });

  if (count > 0 && !ending) {
    say(`opening ${count} headless ${count === 1 ? 'viewer' : 'viewers'} …`);
    const { hostname } = new URL(origin.url);
    await own(
      await openViewers({
        count,
        origin: origin.url,
        tracker: String(trackerFor(tracker.url, hostname)),
        streamUrl: origin.streamUrl,
        say: complain,
      }),
    );
  }
  if (!ending) {
    say(`\n  hls-bazaar is live:  ${origin.url}/\n`);
    say(
      count > 0
        ? `  The first tab you open joins a swarm of ${count}. Ctrl-C ends everything.`
        : '  Open it in two tabs or more. Ctrl-C ends everything.',
    );
    if (!['127.0.0.1', 'localhost', '::1'].includes(options.host)) {
      say(
        '  From another machine browsers share only over https or a tunnel to localhost (WebCrypto needs a secure context);\n  over plain http the video plays from the CDN alone.',
      );
    }
    say('');
    table.start();
  }
} catch (error) {
  console.error(error instanceof DemoError ? error.message : error);
  await end(1);
}
