// Owns: what the demo's channels look like (size, rate, length, picture) as plain data.
// Refuses: to run anything; encode.mjs turns a recipe into files.
// Invariant: `loopS` is a multiple of `segmentS`, and 48 kHz AAC frames (1024 samples) fit it exactly, so that a
// loop turn leaves neither a gap nor an overlap in the sound. 8 s is the smallest such length: 375 frames.

/**
 * @typedef {object} Rendition
 * @property {string} name  also the folder and the URL part
 * @property {number} width
 * @property {number} height
 * @property {number} videoKbps  constant bit rate of the picture
 */
/**
 * @typedef {object} Recipe
 * @property {'scene' | 'pattern'} picture  `scene`: scene.mjs; `pattern`: ffmpeg's test card under noise
 * @property {number} loopS
 * @property {number} segmentS
 * @property {number} fps
 * @property {number} audioKbps
 * @property {string} preset  x264 preset: `ultrafast` also makes the picture cheap to decode
 * @property {Rendition[]} renditions  best first
 */

/** @type {Record<string, Recipe>} */
export const recipes = {
  demo: {
    picture: 'scene',
    loopS: 64,
    segmentS: 2,
    fps: 25,
    audioKbps: 64,
    preset: 'veryfast',
    renditions: [{ name: 'main', width: 640, height: 360, videoKbps: 2430 }],
  },
  // The same bytes per second in a quarter of the pixels: four viewers on two cores decode it without dropping frames.
  test: {
    picture: 'pattern',
    loopS: 40,
    segmentS: 2,
    fps: 25,
    audioKbps: 64,
    preset: 'ultrafast',
    renditions: [{ name: 'main', width: 320, height: 180, videoKbps: 2430 }],
  },
  ladder: {
    picture: 'scene',
    loopS: 64,
    segmentS: 2,
    fps: 25,
    audioKbps: 64,
    preset: 'veryfast',
    renditions: [
      { name: 'high', width: 640, height: 360, videoKbps: 2430 },
      { name: 'middle', width: 480, height: 270, videoKbps: 1200 },
      { name: 'low', width: 320, height: 180, videoKbps: 500 },
    ],
  },
};

/** @param {Recipe} recipe */
export function segmentsPerLoop(recipe) {
  return recipe.loopS / recipe.segmentS;
}
