// What emcc's ES module exports, which has no types of its own. Owns a declaration only.
declare module '*/bazaar_core.mjs' {
  const createCore: import('./core.js').CoreFactory;
  export default createCore;
}
