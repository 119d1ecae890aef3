// How browser specs run: one at a time on a small machine, never twice. Owns the configuration only.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: '.',
  testMatch: '*.spec.ts',
  workers: 1,
  retries: 0,
  timeout: 120_000,
  forbidOnly: true,
  outputDir: '../../build/test-results/playwright',
});
