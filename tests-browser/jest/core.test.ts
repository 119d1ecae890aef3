// The turn's one timer, with an engine that only has a deadline.
import { jest } from '@jest/globals';
import { Core, type CoreModule, type Engine } from '../../js-glue/core.js';

function coreWith(deadline: () => number) {
  const turns: number[] = [];
  class OnlyDeadline {
    at = (now: number) => void turns.push(now);
    step = () => 0;
    actions = () => 0;
    actions_max = () => 8;
    next_deadline = deadline;
    delete = () => undefined;
  }
  const module: CoreModule = { HEAPU8: new Uint8Array(64), Engine: OnlyDeadline as unknown as new (seed: number) => Engine };
  return { core: new Core(module, 1, () => undefined, (cause) => { throw cause; }), turns };
}

beforeEach(() => jest.useFakeTimers());
afterEach(() => jest.useRealTimers());

test('a turn that leaves the deadline where it was leaves the timer alone', () => {
  const due = performance.now() + 100;
  const { core, turns } = coreWith(() => due);
  core.tell(() => undefined);
  const armed = jest.spyOn(globalThis, 'setTimeout');
  for (let i = 0; i < 10; ++i) core.tell(() => undefined);
  expect(armed).not.toHaveBeenCalled();
  jest.advanceTimersByTime(101);
  expect(turns.length).toBeGreaterThanOrEqual(12);
  core.close();
});

test('a deadline that moves moves the timer, both ways', () => {
  let due = performance.now() + 1000;
  const { core, turns } = coreWith(() => due);
  core.tell(() => undefined);
  due = performance.now() + 10;
  core.tell(() => undefined);
  jest.advanceTimersByTime(10);
  expect(turns).toHaveLength(3);
  due = performance.now() + 500;
  core.tell(() => undefined);
  jest.advanceTimersByTime(400);
  expect(turns).toHaveLength(4);
  core.close();
});

test('a timer that has fired is not taken for one that is still to come', () => {
  const due = performance.now() + 10;
  const { core, turns } = coreWith(() => due);
  core.tell(() => undefined);
  jest.advanceTimersByTime(12);
  expect(turns.length).toBeGreaterThanOrEqual(2);
  const before = turns.length;
  jest.advanceTimersByTime(12);
  expect(turns.length).toBeGreaterThan(before); // still due: it is asked again
  core.close();
});

test('nothing fires after close, nor without a deadline', () => {
  let due = performance.now() + 10;
  const { core, turns } = coreWith(() => due);
  core.tell(() => undefined);
  due = Infinity;
  core.tell(() => undefined);
  jest.advanceTimersByTime(100);
  expect(turns).toHaveLength(2);
  due = performance.now() + 10;
  core.tell(() => undefined);
  core.close();
  jest.advanceTimersByTime(100);
  expect(turns).toHaveLength(3);
});
