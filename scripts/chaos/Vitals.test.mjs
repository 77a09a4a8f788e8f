// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { open } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { judgeVitals, readVitals, slopePerHour } from './Vitals.mjs';

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

  it('are judged once a process is warm', () => {
    const aLife = of =>
      Array.from({ length: 90 }, (_, minute) => ({
        ...{ minute, residentMb: 250, handles: 50, sockets: 25 },
        ...of(minute),
      }));
    const judged = (of, judgesMemory = true) =>
      judgeVitals(aLife(of), { judgesMemory }).grows;
    // It grows at first, and then goes up and down.
    const steady = minute => ({
      residentMb: Math.min(150 + minute * 10, 250) + (minute % 2),
      sockets: 25 + (minute % 10),
    });
    assert.deepEqual(judged(steady), []);
    const fat = minute => ({ residentMb: 250 + minute / 20 });
    assert.deepEqual(judged(fat), ['3.0 MB more each hour']);
    assert.deepEqual(judged(fat, false), []);
    const leaking = minute => ({ handles: 50 + minute });
    assert.deepEqual(judged(leaking), ['139 handles, once at most 79']);
  });
});
