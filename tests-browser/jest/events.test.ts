// The emitter: on, off, emit, and listeners that misbehave.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { makeError, noticeError } from '../../js-glue/errors.js';
import { Emitter } from '../../js-glue/events.js';

beforeEach(() => void jest.useFakeTimers({ doNotFake: ['queueMicrotask'] }));
afterEach(() => void jest.useRealTimers());

test('listeners hear events until they are taken off', () => {
  const emitter = new Emitter<{ tick: number }>();
  const heard: number[] = [];
  const listener = (n: number): number => heard.push(n);
  emitter.on('tick', listener);
  emitter.on('tick', listener); // twice is once
  emitter.emit('tick', 1);
  emitter.off('tick', listener);
  emitter.emit('tick', 2);
  expect(heard).toEqual([1]);
});

test('a listener that throws reaches the page as its own error, later, and the others are called', () => {
  const emitter = new Emitter<{ tick: number }>();
  const heard: number[] = [];
  emitter.on('tick', () => {
    throw new Error("the page's bug");
  });
  emitter.on('tick', (n) => heard.push(n));
  expect(() => emitter.emit('tick', 1)).not.toThrow();
  expect(heard).toEqual([1]);
  expect(() => jest.runAllTimers()).toThrow("the page's bug");
});

test('a listener that is no function is refused where it is given', () => {
  expect(() => new Emitter<{ tick: number }>().on('tick', undefined as never)).toThrow(TypeError);
});

test('each notice of the engine is an error with a message and advice; unknown ones are passed over', () => {
  for (let code = 1; code <= 7; ++code) {
    const error = noticeError(code, 4003, 0)!;
    expect(error.message).not.toBe('');
    expect(error.advice).not.toBe('');
    expect(error.fatal).toBe(false);
  }
  expect(noticeError(1, 4003, 0)!.message).toContain('4003');
  expect(noticeError(99, 0, 0)).toBeNull();
  expect(makeError('internal', { cause: 'x', fatal: true })).toMatchObject({ code: 'internal', cause: 'x', fatal: true });
});
