// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findStrangers, judge } from './oracle.mjs';

const mail = (uuid, more = {}) => ({
  ...{ uuid, copies: 1, mayVanish: false },
  ...more,
});

function verdictOf(ends, mails) {
  const { lost, doubled } = judge(new Map(Object.entries(ends)), mails);
  return { lost, doubled };
}

describe('the oracle', () => {
  it('is content where each mail is there as often as it was sent', () => {
    const ends = {
      a: ['request'],
      b: ['comment'],
      c: ['request', 'duplicate'],
      d: ['quarantined'],
    };
    const mails = [mail('a'), mail('b'), mail('c', { copies: 2 }), mail('d')];
    assert.deepEqual(verdictOf(ends, mails), { lost: [], doubled: [] });
  });

  it('takes mail for lost that is nowhere, still waits, or lacks a copy', () => {
    const ends = { waits: ['stored'], lacks: ['request'] };
    const mails = [
      mail('nowhere'),
      mail('waits'),
      mail('lacks', { copies: 2 }),
    ];
    assert.deepEqual(verdictOf(ends, mails), {
      lost: ['nowhere', 'waits', 'lacks'],
      doubled: [],
    });
  });

  it('does not miss what somebody may have taken away, but sees it twice', () => {
    const mails = [mail('gone', { mayVanish: true })];
    assert.deepEqual(verdictOf({}, mails), { lost: [], doubled: [] });
    assert.deepEqual(verdictOf({ gone: ['request', 'comment'] }, mails), {
      lost: [],
      doubled: ['gone'],
    });
  });

  it('takes mail for doubled that is there more often than it was sent', () => {
    const ends = { a: ['request', 'comment'], b: ['request', 'quarantined'] };
    assert.deepEqual(verdictOf(ends, [mail('a'), mail('b')]), {
      lost: [],
      doubled: ['a', 'b'],
    });
  });

  it('finds what nobody sent', () => {
    const ends = new Map([
      ['a', ['request']],
      ['b', ['request']],
    ]);
    assert.deepEqual(findStrangers(ends, [mail('a')]), ['b']);
  });
});
