// What attach accepts and how it refuses.
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { readOptions, type P2POptions } from '../../js-glue/options.js';

import { version } from '../../js-glue/version.js';

const tracker = 'wss://tracker.example.org';

test('a tracker alone gives complete settings', () => {
  const settings = readOptions({ tracker });
  expect(settings).toMatchObject({ tracker, maxPeers: 12, upload: true, memoryMaxBytes: 67_108_864, cdnRanges: true, p2p: true, joinWindowMs: 0 });
  expect([settings.token, settings.region]).toEqual([undefined, undefined]);
  expect(settings.iceServers).toHaveLength(1);
  expect(Number.isInteger(settings.seed)).toBe(true);
});

test('undefined counts as absent, for every option but the tracker', () => {
  const given = { tracker, maxPeers: undefined, swarmId: undefined } as unknown as P2POptions;
  expect(readOptions(given)).toMatchObject({ maxPeers: 12 });
});

test.each([
  ['tracker', undefined],
  ['tracker', 'https://tracker.example.org'],
  ['tracker', 'tracker'],
  ['token', 7],
  ['token', 'x'.repeat(1025)],
  ['token', 'ü'.repeat(513)],
  ['region', ''],
  ['region', 'x'.repeat(65)],
  ['joinWindowMs', -1],
  ['joinWindowMs', 600_001],
  ['swarmId', ''],
  ['swarmId', 'x'.repeat(513)],
  ['swarmId', 7],
  ['segmentKey', 'sn'],
  ['iceServers', [{}]],
  ['iceServers', { urls: 'stun:a' }],
  ['maxPeers', 33],
  ['maxPeers', -1],
  ['maxPeers', 2.5],
  ['upload', 1],
  ['memoryMaxBytes', 1000],
  ['cdnRanges', 'yes'],
  ['p2p', null],
  ['wasmUrl', ''],
  ['wasmBinary', []],
  ['seed', -1],
  ['trace', true],
])('a wrong %s (%p) is a TypeError that names it', (name, value) => {
  const attempt = (): unknown => readOptions({ tracker, [name]: value } as unknown as P2POptions);
  expect(attempt).toThrow(TypeError);
  expect(attempt).toThrow(`'${name}'`);
});

test('the longest token, and a function that gives one, are taken', () => {
  const token = 'ü'.repeat(512);
  expect(readOptions({ tracker, token }).token).toBe(token);
  expect(readOptions({ tracker, token: async () => token }).token).toBeInstanceOf(Function);
});

test('an unknown option is refused by name, and so is no object at all', () => {
  expect(() => readOptions({ tracker, maxpeers: 3 } as unknown as P2POptions)).toThrow("unknown option 'maxpeers'");
  expect(() => readOptions(undefined as unknown as P2POptions)).toThrow(TypeError);
});

test('the version is the published one', () => {
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
});
