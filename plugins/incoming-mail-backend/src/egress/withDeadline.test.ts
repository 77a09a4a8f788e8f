// SPDX-License-Identifier: Apache-2.0
import { DeadlineError, withDeadline } from './withDeadline';

const never = () => new Promise<never>(() => {});

describe('withDeadline', () => {
  it('hands on what the work gives or throws', async () => {
    const options = { timeoutMs: 60_000 };

    await expect(withDeadline(options, async () => 'done')).resolves.toBe(
      'done',
    );
    await expect(
      withDeadline(options, async () => {
        throw new TypeError('broken');
      }),
    ).rejects.toThrow(TypeError);
  });

  it('gives up when time is up, and tells the work', async () => {
    let told: AbortSignal | undefined;

    await expect(
      withDeadline({ timeoutMs: 5 }, signal => {
        told = signal;
        return never();
      }),
    ).rejects.toThrow(DeadlineError);
    expect(told?.reason).toBeInstanceOf(DeadlineError);
  });

  it('throws the reason of an abort, before the work and during it', async () => {
    const before = AbortSignal.abort(new Error('stopped'));
    const work = jest.fn(never);
    await expect(
      withDeadline({ timeoutMs: 60_000, signal: before }, work),
    ).rejects.toThrow('stopped');
    expect(work).not.toHaveBeenCalled();

    const controller = new AbortController();
    const during = withDeadline(
      { timeoutMs: 60_000, signal: controller.signal },
      never,
    );
    controller.abort(new Error('stopped later'));
    await expect(during).rejects.toThrow('stopped later');
  });

  it('lets the work end with an error of its own', async () => {
    await expect(
      withDeadline(
        { timeoutMs: 5 },
        signal =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () =>
              reject(new Error('closed while throttled')),
            ),
          ),
      ),
    ).rejects.toThrow('closed while throttled');
  });
});
