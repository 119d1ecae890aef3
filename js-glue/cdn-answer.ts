// What an HTTP answer to our question means: where its bytes belong, and how large the segment is.
// Owns the reading of status, Content-Range and Content-Length; refuses to read bodies. Invariant: a pure function, and an
// answer whose place cannot be proved is refused rather than guessed.

export interface Question {
  /** The segment within its resource (EXT-X-BYTERANGE); `end` is exclusive, Infinity for a resource of its own. */
  base: number;
  end: number;
  /** What is asked for, as offsets in the segment; `to` exclusive, Infinity for the rest. Null: the whole segment. */
  range: { from: number; to: number } | null;
  /** Size of the segment as far as known; 0 for unknown. */
  bytesTotal: number;
}

export type Answer =
  | { kind: 'bytes'; isRanged: boolean; /** where the body begins, as an offset in the resource */ at: number; /** 0 until the end tells */ bytesTotal: number }
  | { kind: 'hidden' } // ranges work, but the page may not see where they lie
  | { kind: 'refused'; status: number };

/** The Range header for a question; null when the resource is the segment. */
export function rangeOf(question: Question): { start: number; end: number } | null {
  const { base, end, range } = question;
  if (!range && end === Infinity) return null;
  const from = base + (range?.from ?? 0);
  return { start: from, end: Math.min(end, base + (range?.to ?? Infinity)) };
}

export function readAnswer(question: Question, status: number, headers: Pick<Headers, 'get'>): Answer {
  const isOwn = question.end === Infinity;
  const ownBytes = isOwn ? 0 : question.end - question.base;
  const asked = rangeOf(question);
  if (status === 200) {
    // All of the resource, whatever was asked. Compressed lengths say nothing about the bytes to come.
    const length = headers.get('content-encoding') ? 0 : Number(headers.get('content-length') ?? 0);
    return { kind: 'bytes', isRanged: false, at: 0, bytesTotal: ownBytes || (Number.isSafeInteger(length) && length > 0 ? length : 0) };
  }
  if (status !== 206 || !asked) return { kind: 'refused', status: status === 206 ? 0 : status };
  const found = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
  if (found) {
    const [first, last] = [Number(found[1]), Number(found[2])];
    const resource = found[3] === '*' ? 0 : Number(found[3]);
    const bytesTotal = ownBytes || resource || question.bytesTotal;
    if (first !== asked.start || last < first || last >= asked.end || (resource > 0 && last >= resource)) return { kind: 'refused', status: 0 };
    return bytesTotal > 0 ? { kind: 'bytes', isRanged: true, at: first, bytesTotal } : { kind: 'hidden' };
  }
  // Another origin's Content-Range is invisible unless exposed. With the size known, the length proves the place as well.
  const bytesTotal = ownBytes || question.bytesTotal;
  if (bytesTotal === 0) return { kind: 'hidden' };
  const expected = Math.min(asked.end, question.base + bytesTotal) - asked.start;
  const length = headers.get('content-length');
  if (length !== null && Number(length) !== expected) return { kind: 'refused', status: 0 };
  return { kind: 'bytes', isRanged: true, at: asked.start, bytesTotal };
}
