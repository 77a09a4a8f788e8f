// SPDX-License-Identifier: Apache-2.0
import { act, renderHook } from '@testing-library/react';
import { useLoaded } from './useLoaded';

const pass = (ms: number) => act(() => jest.advanceTimersByTimeAsync(ms));

function setHidden(hidden: boolean) {
  jest.spyOn(document, 'hidden', 'get').mockReturnValue(hidden);
  return act(async () => {
    document.dispatchEvent(new Event('visibilitychange'));
  });
}

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.restoreAllMocks();
  jest.useRealTimers();
});

describe('useLoaded', () => {
  it('reads once, and again on reload', async () => {
    let value = 0;
    const { result } = renderHook(() => useLoaded(async () => ++value, 'key'));
    expect(result.current.status).toBe('loading');
    await pass(0);
    expect(result.current).toMatchObject({ status: 'ready', value: 1 });
    await pass(60_000);
    expect(value).toBe(1);
    act(() => result.current.reload());
    expect(result.current).toMatchObject({ status: 'ready', value: 1 });
    await pass(0);
    expect(result.current).toMatchObject({ status: 'ready', value: 2 });
  });

  it('tells of a failure and tries again when asked', async () => {
    const load = jest.fn().mockRejectedValueOnce(new Error('down'));
    load.mockResolvedValue('up');
    const { result } = renderHook(() => useLoaded(load, 'key'));
    await pass(0);
    expect(result.current).toMatchObject({
      status: 'failed',
      error: { message: 'down' },
    });
    act(() => result.current.reload());
    expect(result.current.status).toBe('loading');
    await pass(0);
    expect(result.current).toMatchObject({ status: 'ready', value: 'up' });
  });

  it('refreshes while the page is visible, and at once when it is again', async () => {
    const load = jest.fn(async () => 'value');
    renderHook(() => useLoaded(load, 'key', { refreshMs: 5_000 }));
    await pass(0);
    await pass(10_000);
    expect(load).toHaveBeenCalledTimes(3);
    await setHidden(true);
    await pass(600_000);
    expect(load).toHaveBeenCalledTimes(3);
    await setHidden(false);
    expect(load).toHaveBeenCalledTimes(4);
  });

  it('keeps what it shows and asks less often while refreshing fails', async () => {
    const load = jest.fn().mockResolvedValueOnce('old');
    load.mockRejectedValue(new Error('down'));
    const { result } = renderHook(() =>
      useLoaded(load, 'key', { refreshMs: 5_000 }),
    );
    await pass(0);
    await pass(5_000);
    expect(result.current).toMatchObject({
      status: 'ready',
      value: 'old',
      refreshError: { message: 'down' },
    });
    await pass(9_999);
    expect(load).toHaveBeenCalledTimes(2);
    await pass(1);
    expect(load).toHaveBeenCalledTimes(3);
    await pass(3_600_000);
    // Once a minute in the end.
    expect(load.mock.calls.length).toBeGreaterThan(55);
    expect(load.mock.calls.length).toBeLessThan(70);
    load.mockResolvedValue('new');
    await pass(60_000);
    expect(result.current).toMatchObject({ status: 'ready', value: 'new' });
    expect(result.current).not.toHaveProperty('refreshError');
  });

  it('forgets what was shown under another key, and a late answer to it', async () => {
    const answers: Record<string, (value: string) => void> = {};
    const { result, rerender, unmount } = renderHook(
      ({ key }) =>
        useLoaded(
          () => new Promise<string>(resolve => (answers[key] = resolve)),
          key,
        ),
      { initialProps: { key: 'a' } },
    );
    rerender({ key: 'b' });
    await act(async () => answers.b('B'));
    await act(async () => answers.a('A'));
    expect(result.current).toMatchObject({ status: 'ready', value: 'B' });
    rerender({ key: 'c' });
    expect(result.current.status).toBe('loading');
    unmount();
    expect(jest.getTimerCount()).toBe(0);
  });
});
