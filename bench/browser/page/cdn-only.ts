// The page that all others are compared with: hls.js as it comes. Owns nothing; refuses everything but playing.
// Invariant: the same probe as in the others.
import Hls from 'hls.js';
import { hlsConfig, play } from './viewer';

play(new Hls(hlsConfig));
