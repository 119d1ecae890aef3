// What the browser bench reads from the kernel and tells it: /proc, and the arguments of tc. Owns the examples; refuses to be root.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { cpuSecondsBetween, cpuSecondsOf } from '../browser/cpu.mjs';
import { fitsShape, tbfArguments } from '../browser/shaping.mjs';

const stat = (command, user, system) =>
  `4242 (${command}) S 1 4242 4242 0 -1 4194560 5000 0 12 0 ${user} ${system} 77 88 20 0 30 0 100 1000000 2000`;

test('user and system time are read, those of children are not', () => {
  assert.equal(cpuSecondsOf(stat('chromium', 250, 50)), 3);
});

test('a command may hold spaces and parentheses', () => {
  assert.equal(cpuSecondsOf(stat('a) R 1 (b', 100, 1)), 1.01);
});

test('this very process has a line that can be read', () => {
  assert.ok(cpuSecondsOf(readFileSync('/proc/self/stat', 'latin1')) >= 0);
});

test('a line that is none is refused', () => {
  assert.throws(() => cpuSecondsOf('4242 (chromium) S'), TypeError);
  assert.throws(() => cpuSecondsOf(''), TypeError);
});

test('between two readings old processes count their difference, new ones all, ended ones nothing', () => {
  const before = new Map([[1, 10], [2, 5]]); // prettier-ignore
  const after = new Map([[1, 12.5], [3, 1]]); // prettier-ignore
  assert.equal(cpuSecondsBetween(before, after), 3.5);
});

test('a number that came round again takes no time away', () => {
  assert.equal(cpuSecondsBetween(new Map([[1, 10]]), new Map([[1, 0.5]])), 0);
});

test('a shaped uplink is a token bucket on the viewer’s side of the cable', () => {
  const expected = 'qdisc add dev uplink root tbf rate 4000000bit burst 16384b latency 200ms';
  assert.equal(tbfArguments('uplink', 4e6).join(' '), expected);
  assert.throws(() => tbfArguments('uplink', 0), RangeError);
  assert.throws(() => tbfArguments('uplink', NaN), RangeError);
});

test('a transfer shows whether the shape took effect', () => {
  assert.ok(fitsShape(3.7e6, 4e6));
  assert.ok(!fitsShape(4.2e6, 4e6), 'faster than the shape: it is not there');
  assert.ok(!fitsShape(1e6, 4e6), 'far slower: something else is in the way');
  assert.ok(fitsShape(900e6), 'unshaped');
  assert.ok(!fitsShape(4e6), 'unshaped, and yet as slow as a home');
});
