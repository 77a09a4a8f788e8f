// SPDX-License-Identifier: Apache-2.0
import { timeOrderedId } from './timeOrderedId';

describe('timeOrderedId', () => {
  afterEach(() => {
    jest.useRealTimers();
  });

  it('is a UUID of version 7, and never the same twice', () => {
    const ids = Array.from({ length: 1_000 }, timeOrderedId);
    for (const id of ids) {
      expect(id).toMatch(
        /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
      );
    }
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('begins with the time, so that later ones sort behind', () => {
    jest.useFakeTimers({ now: 0x0123_4567_89ab });
    const first = timeOrderedId();
    jest.advanceTimersByTime(1);
    const second = timeOrderedId();

    expect(first.slice(0, 13)).toBe('01234567-89ab');
    expect(second > first).toBe(true);
  });
});
