// SPDX-License-Identifier: Apache-2.0
// The packages bring their own configuration; what lies outside of them is ours.
module.exports = {
  root: true,
  overrides: [
    {
      files: ['scripts/**/*.{mjs,cjs}', '*.js'],
      extends: ['@spotify/eslint-config-base', 'prettier'],
      env: { node: true, es2022: true },
      parserOptions: { ecmaVersion: 2022, sourceType: 'module' },
      rules: {
        // They are programs that speak to a person at a terminal, in order.
        'no-console': 'off',
        'no-await-in-loop': 'off',
      },
    },
  ],
};
