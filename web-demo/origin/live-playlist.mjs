// Owns: the text of the live playlists, as a pure function of time over a loop of equal segments.
// Refuses: clocks, files and HTTP; the caller passes `nowMs`.
// Invariant: segment n starts `n × segmentS` after `epochMs` for every caller and for ever; what slides is the window.

/**
 * @typedef {object} LiveLoop
 * @property {number} epochMs  when segment 0 began, Unix time
 * @property {number} segmentS
 * @property {number} loopSegments  segments in one turn of the encoded loop
 * @property {number} windowSegments  segments listed
 */

/**
 * The window at a moment: a segment is listed once it has been "recorded" whole, as a live packager would.
 * @param {LiveLoop} loop @param {number} nowMs
 * @returns {{ first: number, end: number }} sequence numbers, `end` exclusive
 */
export function liveWindow(loop, nowMs) {
  const end = Math.max(0, Math.floor((nowMs - loop.epochMs) / (loop.segmentS * 1000)));
  return { first: Math.max(0, end - loop.windowSegments), end };
}

/**
 * @param {LiveLoop} loop @param {number} nowMs
 * @returns {string} media playlist; segments are named by sequence number, so no URL ever means two things
 */
export function livePlaylist(loop, nowMs) {
  const { first, end } = liveWindow(loop, nowMs);
  const turnsBefore = (sn) => Math.floor(sn / loop.loopSegments);
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:7',
    `#EXT-X-TARGETDURATION:${Math.ceil(loop.segmentS)}`,
    `#EXT-X-MEDIA-SEQUENCE:${first}`,
    // Tags that left the window with their segment; the tag of the first listed segment has not left yet.
    `#EXT-X-DISCONTINUITY-SEQUENCE:${first === 0 ? 0 : turnsBefore(first - 1)}`,
    '#EXT-X-INDEPENDENT-SEGMENTS',
  ];
  for (let sn = first; sn < end; sn++) {
    const turned = sn > 0 && sn % loop.loopSegments === 0;
    if (turned) lines.push('#EXT-X-DISCONTINUITY');
    if (turned || sn === first) lines.push('#EXT-X-MAP:URI="init.mp4"');
    lines.push(`#EXT-X-PROGRAM-DATE-TIME:${new Date(loop.epochMs + sn * loop.segmentS * 1000).toISOString()}`);
    lines.push(`#EXTINF:${loop.segmentS.toFixed(3)},`, `seg-${sn}.m4s`);
  }
  return lines.join('\n') + '\n';
}

/**
 * @param {{ name: string, width: number, height: number, videoKbps: number }[]} renditions
 * @param {number} audioKbps
 */
export function masterPlaylist(renditions, audioKbps) {
  const lines = ['#EXTM3U', '#EXT-X-VERSION:7', '#EXT-X-INDEPENDENT-SEGMENTS'];
  for (const { name, width, height, videoKbps } of renditions) {
    const bits = (videoKbps + audioKbps) * 1000;
    lines.push(
      `#EXT-X-STREAM-INF:BANDWIDTH=${Math.round(bits * 1.15)},AVERAGE-BANDWIDTH=${bits},RESOLUTION=${width}x${height},CODECS="avc1.4d401e,mp4a.40.2"`,
    );
    lines.push(`${name}/live.m3u8`);
  }
  return lines.join('\n') + '\n';
}
