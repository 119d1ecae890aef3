// How the glue's tests run: Node, ES modules, TypeScript through swc. Owns the configuration; refuses to know any test.
// Invariant: the WASM core is the one that pages load (build/wasm/bazaar_core.*), never a stand-in.
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default {
  rootDir: root,
  roots: ['<rootDir>/tests-browser/jest'],
  testMatch: ['**/*.test.ts'],
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: {
    '\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' }, sourceMaps: 'inline' },
    ],
  },
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
  },
  collectCoverageFrom: ['js-glue/**/*.ts', '!js-glue/**/*.d.ts'],
  coverageProvider: 'v8',
  coverageDirectory: '<rootDir>/build/coverage/glue',
  coverageReporters: ['text', 'text-summary'],
};
