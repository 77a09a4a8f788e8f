// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { backoffMs, sleep, startPipeline } from '.';

describe('backoffMs', () => {
  const policy = { firstMs: 30_000, maxMs: 3_600_000, jitter: 0.2 };

  it('doubles up to its cap', () => {
    const middle = () => 0.5;
    const waits = [1, 2, 3, 8, 100].map(n => backoffMs(n, policy, middle));
    expect(waits).toEqual([30_000, 60_000, 120_000, 3_600_000, 3_600_000]);
  });

  it('stays within its bounds for every attempt and every chance', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 1_000_000 }),
        fc.double({ min: 0, max: 0.999999, noNaN: true }),
        (attempt, chance) => {
          const wait = backoffMs(attempt, policy, () => chance);
          expect(wait).toBeGreaterThanOrEqual(24_000);
          expect(wait).toBeLessThanOrEqual(4_320_000);
        },
      ),
    );
  });
});

describe('sleep', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  it('ends in time, at once when aborted, and leaves no timer behind', async () => {
    const slept = sleep(1_000);
    jest.advanceTimersByTime(1_000);
    await slept;

    const stop = new AbortController();
    const aborted = sleep(1_000, stop.signal);
    stop.abort();
    await aborted;
    await sleep(1_000, stop.signal);
    expect(jest.getTimerCount()).toBe(0);
  });

  it('does not fire at once for a wait of more than 32 bits', async () => {
    const stop = new AbortController();
    let ended = false;
    const slept = sleep(2 ** 40, stop.signal).then(() => {
      ended = true;
    });
    jest.advanceTimersByTime(2 ** 30);
    await Promise.resolve();
    expect(ended).toBe(false);
    stop.abort();
    await slept;
  });
});

describe('startPipeline', () => {
  const setUp = (jobs: string[], capacity = 2) => {
    const running: string[] = [];
    const done: string[] = [];
    const errors: unknown[] = [];
    const ends = new Map<string, () => void>();
    const loads: number[] = [];
    let most = 0;
    const pipeline = startPipeline<string>({
      capacity: () => capacity,
      load: async limit => {
        loads.push(limit);
        return jobs.splice(0, limit);
      },
      run: async (job, signal) => {
        running.push(job);
        most = Math.max(most, running.length);
        await new Promise<void>(resolve => {
          ends.set(job, resolve);
          signal.addEventListener('abort', () => resolve());
        });
        running.splice(running.indexOf(job), 1);
        done.push(job);
      },
      onLoadError: error => errors.push(error),
    });
    const settle = async () => {
      for (let n = 0; n < 20; n += 1) {
        await Promise.resolve();
      }
    };
    return {
      pipeline,
      running,
      done,
      errors,
      loads,
      settle,
      end: (job: string) => ends.get(job)!(),
      most: () => most,
    };
  };

  it('keeps at most its capacity running and takes the next when one ends', async () => {
    const { pipeline, running, done, settle, end, most } = setUp([
      'a',
      'b',
      'c',
      'd',
    ]);
    await settle();
    expect(running).toEqual([]);
    pipeline.wake();
    pipeline.wake();
    await settle();
    expect(running).toEqual(['a', 'b']);
    end('b');
    await settle();
    expect(running).toEqual(['a', 'c']);
    ['a', 'c'].forEach(end);
    await settle();
    end('d');
    await pipeline.idle();
    expect(done).toEqual(['b', 'a', 'c', 'd']);
    expect(most()).toBe(2);
  });

  it('does not look again by itself when there was less than it could take', async () => {
    const { pipeline, settle, end, loads } = setUp(['a']);
    pipeline.wake();
    await settle();
    end('a');
    await pipeline.idle();
    expect(loads).toEqual([2]);
  });

  it('aborts what runs when stopped, and takes nothing more', async () => {
    const jobs = ['a', 'b', 'c'];
    const { pipeline, settle, done } = setUp(jobs);
    pipeline.wake();
    await settle();
    await pipeline.stop();
    expect(done).toEqual(['a', 'b']);
    pipeline.wake();
    await pipeline.idle();
    expect(jobs).toEqual(['c']);
  });

  it('reports a failing load and looks again at the next wake', async () => {
    let fail = true;
    const errors: unknown[] = [];
    const ran: string[] = [];
    const pipeline = startPipeline<string>({
      capacity: () => 1,
      load: async () => {
        if (fail) {
          throw new Error('database is gone');
        }
        return ran.length === 0 ? ['a'] : [];
      },
      run: async job => {
        ran.push(job);
      },
      onLoadError: error => errors.push(error),
    });
    pipeline.wake();
    await pipeline.idle();
    expect(errors).toHaveLength(1);
    fail = false;
    pipeline.wake();
    await pipeline.idle();
    expect(ran).toEqual(['a']);
  });
});
