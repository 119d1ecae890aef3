// TypeScript strictly, plain scripts as they come. Owns the rules; layout is prettier's business.
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'build/', 'coverage/', 'web-demo/dist/', '**/.cache/', 'test-results/', 'playwright-report/'] },
  ...tseslint.configs.strict,
  {
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
      'no-console': 'off',
    },
  },
  // Specs reach into pages, whose globals have no types here.
  { files: ['tests-browser/playwright/**/*.ts'], rules: { '@typescript-eslint/no-explicit-any': 'off' } },
  { files: ['js-glue/**/*.ts'], rules: { 'no-console': 'error' } },
);
