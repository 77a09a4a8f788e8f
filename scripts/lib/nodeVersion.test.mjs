// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { checkNodeVersion } from './nodeVersion.mjs';

it('checkNodeVersion draws the line of the engines field', () => {
  for (const fit of ['20.19.0', '20.20.2', '22.12.0', '23.0.0', '24.1.0']) {
    checkNodeVersion(fit);
  }
  for (const unfit of ['16.20.2', '18.20.4', '20.18.3', '21.7.3', '22.11.0']) {
    assert.throws(
      () => checkNodeVersion(unfit),
      new RegExp(`needs Node 20\\.19 or newer .* this is ${unfit}`),
    );
  }
});
