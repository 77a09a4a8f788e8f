// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { RowQueue } from './RowQueue.mjs';

it('a queue of rows gives each world its own, then the last ones of another, each once', () => {
  const queue = new RowQueue([['a', 'b', 'c', 'd'], ['x']]);
  const first = queue.rowsFor(0);
  const second = queue.rowsFor(1);
  assert.equal(first.next().value, 'a');
  assert.deepEqual(
    [second.next().value, second.next().value, second.next().value],
    ['x', 'd', 'c'],
  );
  assert.deepEqual([...first], ['b']);
  assert.deepEqual([...second], []);
});
