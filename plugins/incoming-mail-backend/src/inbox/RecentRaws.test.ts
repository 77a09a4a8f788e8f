// SPDX-License-Identifier: Apache-2.0
import { RecentRaws } from './RecentRaws';

const MIB = 1_048_576;

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
    recent.add('old', Buffer.alloc(20 * MIB));
    recent.add('left out', Buffer.alloc(10 * MIB));
    recent.add('small', Buffer.alloc(MIB));

    expect(recent.take('left out')).toBeUndefined();
    expect(recent.take('small')).toBeDefined();
    expect(recent.take('old')).toBeDefined();
    recent.add('new', Buffer.alloc(10 * MIB));
    expect(recent.take('new')).toBeDefined();
  });

  it('forgets what nobody asks for, as another replica handles it, and has room again', () => {
    const recent = new RecentRaws();
    recent.add('old', Buffer.alloc(24 * MIB));
    jest.advanceTimersByTime(15_000);
    recent.add('left out', Buffer.alloc(1));
    expect(recent.take('left out')).toBeUndefined();

    jest.advanceTimersByTime(15_000);
    expect(recent.take('old')).toBeUndefined();
    recent.add('new', Buffer.alloc(24 * MIB));
    expect(recent.take('new')).toBeDefined();
  });
});
