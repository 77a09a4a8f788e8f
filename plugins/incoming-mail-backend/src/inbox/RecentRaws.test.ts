// SPDX-License-Identifier: Apache-2.0
import { RecentRaws } from './RecentRaws';

const MIB = 1_048_576;

/** Has it hold all that it can. @returns the ids */
function fill(recent: RecentRaws): string[] {
  const ids = Array.from({ length: 12 }, (_, n) => `mail-${n}`);
  ids.forEach(id => recent.add(id, Buffer.alloc(MIB)));
  return ids;
}

describe('RecentRaws', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('gives bytes once, and none that it does not have', () => {
    const recent = new RecentRaws();
    recent.add('a', Buffer.from('mail'));

    expect(recent.take('b')).toBeUndefined();
    expect(recent.take('a')?.toString()).toBe('mail');
    expect(recent.take('a')).toBeUndefined();
  });

  it('leaves out what does not fit, until what is there was taken', () => {
    const recent = new RecentRaws();
    const before = fill(recent);
    recent.add('left out', Buffer.alloc(1));

    expect(recent.take('left out')).toBeUndefined();
    expect(recent.take(before[0])).toBeDefined();
    recent.add('new', Buffer.alloc(MIB));
    expect(recent.take('new')).toBeDefined();
  });

  it('leaves out large mails', () => {
    const recent = new RecentRaws();
    recent.add('large', Buffer.alloc(MIB + 1));
    expect(recent.take('large')).toBeUndefined();
  });

  it('forgets what nobody asks for, as another replica handles it, and has room again', () => {
    const recent = new RecentRaws();
    const before = fill(recent);
    jest.advanceTimersByTime(15_000);
    recent.add('left out', Buffer.alloc(1));
    expect(recent.take('left out')).toBeUndefined();

    jest.advanceTimersByTime(15_000);
    expect(recent.take(before[0])).toBeUndefined();
    expect(fill(recent).every(id => recent.take(id))).toBe(true);
  });
});
