// SPDX-License-Identifier: Apache-2.0
import { takeAtLeast } from './takeAtLeast';

describe('takeAtLeast', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('answers no sooner, whether the work went well or not (T26)', async () => {
    const ended: string[] = [];
    const good = takeAtLeast(1_000, async () => 'good').then(value =>
      ended.push(value),
    );
    const bad = takeAtLeast(1_000, async () => {
      throw new Error('bad');
    }).catch((error: Error) => ended.push(error.message));
    await jest.advanceTimersByTimeAsync(999);
    expect(ended).toEqual([]);
    await jest.advanceTimersByTimeAsync(1);
    await Promise.all([good, bad]);
    expect(ended.sort()).toEqual(['bad', 'good']);
  });

  it('adds nothing to what takes longer', async () => {
    let value: string | undefined;
    const slow = () =>
      new Promise<string>(resolve => {
        setTimeout(() => resolve('slow'), 5_000);
      });
    takeAtLeast(1_000, slow).then(done => {
      value = done;
    });
    await jest.advanceTimersByTimeAsync(5_000);
    expect(value).toBe('slow');
  });
});
