// SPDX-License-Identifier: Apache-2.0
// Has Node require TypeScript of this repository by what it was compiled to;
// see compileTypeScript.mjs. Loaded first, also in threads.
const { readFileSync } = require('node:fs');
const { join, relative } = require('node:path');

const ROOT = join(__dirname, '..', '..');

require.extensions['.ts'] = (module, path) => {
  const compiled = join(
    process.env.BENCH_COMPILED,
    `${relative(ROOT, path)}.js`,
  );
  module._compile(readFileSync(compiled, 'utf8'), path);
};
