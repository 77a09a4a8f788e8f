// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { readVitals, slopePerHour } from './Vitals.mjs';

describe('vitals', () => {
  it('tell what a process holds', async t => {
    if (process.platform !== 'linux') {
      t.skip('Linux tells it');
      return;
    }
    const before = await readVitals(process.pid);
    const files = await Promise.all(
      Array.from({ length: 10 }, () => open(process.execPath)),
    );
    const after = await readVitals(process.pid);
    await Promise.all(files.map(file => file.close()));
    assert.ok(before.residentMb > 10);
    assert.ok(after.handles >= before.handles + 9);
    assert.ok(after.sockets <= after.handles);
  });

  it('grow by so much an hour, or not', () => {
    const of = values =>
      values.map((residentMb, minute) => ({ minute, residentMb }));
    assert.equal(slopePerHour(of([100, 101, 102, 103]), 'residentMb'), 60);
    assert.equal(slopePerHour(of([5, 7, 7, 5]), 'residentMb'), 0);
    assert.equal(slopePerHour(of([5]), 'residentMb'), 0);
  });
});
