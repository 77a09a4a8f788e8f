// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainInstallFailure } from './installFailure.mjs';

describe('explainInstallFailure', () => {
  for (const [output, sentence] of [
    [
      '➤ YN0028: │ The lockfile would have been modified by this install, which is explicitly forbidden.',
      /yarn\.lock does not fit/,
    ],
    [
      '➤ YN0001: │ RequestError: getaddrinfo ENOTFOUND registry.example\n    at ClientRequest.<anonymous>',
      /registry could not be reached/,
    ],
    [
      'npm error code EAI_AGAIN\nnpm error network request failed',
      /registry could not be reached/,
    ],
    [
      "gyp ERR! build error\ngyp ERR! stack Error: not found: make\n➤ YN0009: │ better-sqlite3@npm:12.11.1 couldn't be built successfully",
      /install a C\+\+ compiler/,
    ],
    [
      'gyp ERR! find Python\ngyp ERR! configure error',
      /install a C\+\+ compiler/,
    ],
    [
      'gyp ERR! stack Error: getaddrinfo ENOTFOUND nodejs.org\ngyp ERR! node-v20.20.2-headers.tar.gz',
      /headers could neither be found nor fetched/,
    ],
    [
      'gyp ERR! build error\ngyp ERR! stack Error: `make` failed with exit code: 2',
      /native module .* could not be built/,
    ],
    [
      '➤ YN0001: │ Error: ENOSPC: no space left on device, write\ngyp ERR! build error',
      /disk is full/,
    ],
    ['Error: EACCES: permission denied, mkdir', /belongs to another user/],
    ['something else', /lines above say why/],
  ]) {
    it(`finds the cause in: ${output.split('\n')[0]}`, () => {
      assert.match(explainInstallFailure(output), sentence);
    });
  }
});
