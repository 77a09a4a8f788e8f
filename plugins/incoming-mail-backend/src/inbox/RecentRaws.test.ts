// SPDX-License-Identifier: Apache-2.0
import { RecentRaws } from './RecentRaws';

const MIB = 1_048_576;

/** Has it hold all that it can. @returns the ids */
function fill(recent: RecentRaws): string[] {
  const ids = Array.from({ length: 12 }, (_, n) => `mail-${n}`);
  ids.forEach(id => recent.add(id, Buffer.alloc(MIB)));
  return ids;
}

const never = new AbortController().signal;

/** @returns whether a promise has been kept by now */
function watch(promise: Promise<void>): () => boolean {
  let isKept = false;
  promise.then(() => {
    isKept = true;
  });
  return () => isKept;
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

  it('has nobody wait where nothing is taken, as another replica handles the mail', async () => {
    const recent = new RecentRaws();
    fill(recent);

    await expect(recent.whenRoom(never)).resolves.toBeUndefined();
  });

  it('has those wait who store more than is being taken, until there is room', async () => {
    const recent = new RecentRaws();
    const ids = fill(recent);
    recent.take(ids[0]);
    const isOver = watch(recent.whenRoom(never));

    recent.take(ids[1]);
    await jest.advanceTimersByTimeAsync(500);
    expect(isOver()).toBe(false);

    ids.slice(2, 5).forEach(id => recent.take(id));
    await jest.advanceTimersByTimeAsync(0);
    expect(isOver()).toBe(true);
  });

  it('lets them go on where taking ends, and when they are to stop', async () => {
    const recent = new RecentRaws();
    const [first, second] = fill(recent);
    recent.take(first);
    const isOver = watch(recent.whenRoom(never));
    await jest.advanceTimersByTimeAsync(999);
    expect(isOver()).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    expect(isOver()).toBe(true);

    recent.take(second);
    const stopping = new AbortController();
    const isStopped = watch(recent.whenRoom(stopping.signal));
    await jest.advanceTimersByTimeAsync(1);
    expect(isStopped()).toBe(false);
    stopping.abort();
    await jest.advanceTimersByTimeAsync(0);
    expect(isStopped()).toBe(true);
  });
});
