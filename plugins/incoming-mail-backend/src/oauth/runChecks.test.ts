// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { CheckStep, runChecks } from './runChecks';

const step = (
  id: string,
  run: CheckStep['run'],
  needs?: string[],
): CheckStep => ({ id, title: `Title of ${id}`, needs, run });
const passed = () => ({ verdict: 'passed' } as const);
const verdicts = (report: Awaited<ReturnType<typeof runChecks>>) =>
  report.checks.map(({ id, verdict }) => `${id} ${verdict}`);

describe('runChecks', () => {
  it('skips what a failure makes pointless, and names the failure', async () => {
    const report = await runChecks(
      [
        step('a', passed),
        step('b', () => {
          throw new MailFailure('tls-failed', 'no');
        }),
        step('c', passed, ['a']),
        step('d', passed, ['a', 'b']),
        step('e', passed, ['d']),
        step('f', () => ({ verdict: 'warned' })),
        step('g', passed, ['f']),
      ],
      { timeoutMs: 10_000 },
    );
    expect(report.ok).toBe(false);
    expect(verdicts(report)).toEqual([
      'a passed',
      'b failed',
      'c passed',
      'd skipped',
      'e skipped',
      'f warned',
      'g passed',
    ]);
    expect(report.checks[1]).toMatchObject({ failure: 'tls-failed' });
    expect(report.checks[4].detail).toBe(
      'Not looked at because of “Title of b”',
    );
    const good = await runChecks([step('a', passed)], { timeoutMs: 10_000 });
    expect(good.ok).toBe(true);
  });

  it('ends when time is up: the step under way has failed, the others are skipped', async () => {
    let stopped = false;
    const report = await runChecks(
      [
        step('a', passed),
        step(
          'b',
          signal =>
            new Promise(() => {
              signal.addEventListener('abort', () => {
                stopped = true;
              });
            }),
        ),
        step('c', passed),
      ],
      { timeoutMs: 50 },
    );
    expect(verdicts(report)).toEqual(['a passed', 'b failed', 'c skipped']);
    expect(report.checks[1]).toMatchObject({
      failure: 'connection-timed-out',
    });
    expect(stopped).toBe(true);
  });

  it('does not take a mistake of ours for a result', async () => {
    const broken = step('a', () => {
      throw new TypeError('mistake');
    });
    await expect(runChecks([broken], { timeoutMs: 1_000 })).rejects.toThrow(
      'mistake',
    );
  });
});
