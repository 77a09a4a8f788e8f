// SPDX-License-Identifier: Apache-2.0
// Has what makes JavaScript of TypeScript keep what it made, in the folder that
// CHAOS_TRANSFORMED names: a quarter of a replica's start, and a run starts well
// over a hundred, all of the same files. To be required before it.
const { createHash } = require('node:crypto');
const {
  mkdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { threadId } = require('node:worker_threads');

const folder = process.env.CHAOS_TRANSFORMED;
const requireFromCli = createRequire(
  require.resolve('@backstage/cli-node/config/nodeTransform.cjs'),
);
const swc = requireFromCli('@swc/core');
const { transformSync } = swc;

function readKept(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** In one step: replicas that start together write the same file. */
function keep(path, code) {
  const own = `${path}.${process.pid}.${threadId}`;
  writeFileSync(own, code);
  renameSync(own, path);
}

mkdirSync(folder, { recursive: true });
swc.transformSync = function transformOnce(code, options) {
  const name = createHash('sha256')
    .update(JSON.stringify([options, code]))
    .digest('hex');
  const path = join(folder, name);
  const kept = readKept(path);
  if (kept !== undefined) {
    return { code: kept };
  }
  const transformed = transformSync(code, options);
  keep(path, transformed.code);
  return transformed;
};
