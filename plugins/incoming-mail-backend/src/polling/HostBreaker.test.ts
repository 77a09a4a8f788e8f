// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';
import { HostBreaker } from './HostBreaker';
import { PollOutcome } from './types';

const HOST = 'imap.corp.test:993';
const MINUTE = 60_000;

const completed: PollOutcome = {
  kind: 'completed',
  accepted: 0,
  more: false,
  baseline: false,
  renumbered: false,
};

function failed(failure: FailureCode): PollOutcome {
  return { kind: 'failed', failure, accepted: 0 };
}

function createBreaker(failures: number = 0) {
  let now = 1_000;
  const breaker = new HostBreaker(() => now);
  for (let n = 0; n < failures; n += 1) {
    breaker.note(HOST, failed('connection-timed-out'));
  }
  const pass = (ms: number) => {
    now += ms;
  };
  return { breaker, pass };
}

describe('HostBreaker', () => {
  it('opens after ten failures in a row, for that host alone (R35)', () => {
    const { breaker } = createBreaker(9);
    expect(breaker.enter(HOST)).toBe(0);
    breaker.note(HOST, failed('connection-refused'));
    expect(breaker.enter(HOST)).toBe(MINUTE);
    expect(breaker.enter('imap.other.test:993')).toBe(0);
  });

  it('lets one probe a minute through, also while that one hangs (R35)', () => {
    const { breaker, pass } = createBreaker(10);
    pass(MINUTE);
    expect(breaker.enter(HOST)).toBe(0);
    expect(breaker.enter(HOST)).toBe(MINUTE);
    pass(20_000);
    breaker.note(HOST, failed('connection-timed-out'));
    expect(breaker.enter(HOST)).toBe(MINUTE);
    pass(MINUTE);
    expect(breaker.enter(HOST)).toBe(0);
  });

  it.each([
    ['a visit that is completed', completed],
    ['a server that refuses the login', failed('login-refused')],
  ])('closes with %s, and counts from the beginning', (_, outcome) => {
    const { breaker } = createBreaker(10);
    breaker.note(HOST, outcome);
    for (let n = 0; n < 9; n += 1) {
      breaker.note(HOST, failed('connection-lost'));
    }
    expect(breaker.enter(HOST)).toBe(0);
  });

  it('learns nothing from what is not about the host', () => {
    const { breaker } = createBreaker(9);
    breaker.note(HOST, failed('consent-revoked'));
    breaker.note(HOST, { kind: 'aborted' });
    expect(breaker.enter(HOST)).toBe(0);
    breaker.note(HOST, failed('connection-lost'));
    expect(breaker.enter(HOST)).toBe(MINUTE);
  });
});
