// What an HTTP answer means: question, status and headers in; place, size or refusal out.
import { expect, test } from '@jest/globals';
import { rangeOf, readAnswer, type Question } from '../../js-glue/cdn-answer.js';

const whole: Question = { base: 0, end: Infinity, range: null, bytesTotal: 0 };
const run: Question = { base: 0, end: Infinity, range: { from: 100, to: 200 }, bytesTotal: 0 };
const slice: Question = { base: 1000, end: 1500, range: null, bytesTotal: 0 };
const sliceRun: Question = { ...slice, range: { from: 100, to: 600 } };

test.each([
  ['a whole resource is asked for without Range', whole, null],
  ['a run by its offsets', run, { start: 100, end: 200 }],
  ['a slice of a resource by its place', slice, { start: 1000, end: 1500 }],
  ['a run of a slice, cut at its end', sliceRun, { start: 1100, end: 1500 }],
])('%s', (_name, question, range) => {
  expect(rangeOf(question)).toEqual(range);
});

const bytes = (isRanged: boolean, at: number, bytesTotal: number) => ({ kind: 'bytes', isRanged, at, bytesTotal });
const refused = (status = 0) => ({ kind: 'refused', status });

test.each<[string, Question, number, Record<string, string>, unknown]>([
  ['200 with a length', whole, 200, { 'content-length': '500' }, bytes(false, 0, 500)],
  ['200 without a length: the end will tell', whole, 200, {}, bytes(false, 0, 0)],
  ['200, compressed: the length is of other bytes', whole, 200, { 'content-length': '9', 'content-encoding': 'gzip' }, bytes(false, 0, 0)],
  ['200 to a Range: the CDN ignores ranges, everything comes', run, 200, { 'content-length': '500' }, bytes(false, 0, 500)],
  ['200 to a slice: the whole resource comes, the segment is in it', slice, 200, { 'content-length': '9999' }, bytes(false, 0, 500)],
  ['206 as asked', run, 206, { 'content-range': 'bytes 100-199/500' }, bytes(true, 100, 500)],
  ['206 cut at the end of the resource', run, 206, { 'content-range': 'bytes 100-149/150' }, bytes(true, 100, 150)],
  ['206 of a slice: its own size counts', sliceRun, 206, { 'content-range': 'bytes 1100-1499/90000' }, bytes(true, 1100, 500)],
  ['206 from elsewhere', run, 206, { 'content-range': 'bytes 0-99/500' }, refused()],
  ['206 longer than asked', run, 206, { 'content-range': 'bytes 100-300/500' }, refused()],
  ['206 backwards', run, 206, { 'content-range': 'bytes 100-50/500' }, refused()],
  ['206 beyond its own total', run, 206, { 'content-range': 'bytes 100-199/150' }, refused()],
  ['206 with nonsense', run, 206, { 'content-range': 'bytes */500' }, { kind: 'hidden' }],
  ['206 of unknown total, size unknown', run, 206, { 'content-range': 'bytes 100-199/*' }, { kind: 'hidden' }],
  ['206 of unknown total, size known', { ...run, bytesTotal: 500 }, 206, { 'content-range': 'bytes 100-199/*' }, bytes(true, 100, 500)],
  ['206 with Content-Range hidden by CORS, size known', { ...run, bytesTotal: 500 }, 206, { 'content-length': '100' }, bytes(true, 100, 500)],
  ['the same with another length', { ...run, bytesTotal: 500 }, 206, { 'content-length': '99' }, refused()],
  ['206 hidden, size unknown', run, 206, { 'content-length': '100' }, { kind: 'hidden' }],
  ['206 to a question without Range', whole, 206, { 'content-range': 'bytes 0-9/10' }, refused()],
  ['404', whole, 404, {}, refused(404)],
  ['416', run, 416, {}, refused(416)],
  ['503', run, 503, {}, refused(503)],
  ['204', whole, 204, {}, refused(204)],
])('%s', (_name, question, status, headers, expected) => {
  expect(readAnswer(question, status, new Headers(headers))).toEqual(expected);
});
