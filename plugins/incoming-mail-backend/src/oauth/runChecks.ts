// SPDX-License-Identifier: Apache-2.0
import { Check, CheckReport } from '@postroom/plugin-incoming-mail-common';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { withDeadline } from '../egress';
import { explainFailure } from './explainFailure';

/** What a step of a doctor found. */
export type CheckResult = Omit<Check, 'id' | 'title'>;

/** One step of a doctor. */
export interface CheckStep {
  readonly id: string;
  readonly title: string;
  /** Steps before this one; unless all of them went well, this one tells nothing. */
  readonly needs?: readonly string[];
  /** May throw a `MailFailure`, which is then explained. */
  run(signal: AbortSignal): CheckResult | Promise<CheckResult>;
}

/**
 * Takes the steps in their order. One whose needs failed, or were skipped, is
 * skipped and says because of which; when time is up, the step under way has
 * failed and the rest is skipped.
 *
 * Throws only for mistakes of ours: what the outside world does is a result.
 */
export async function runChecks(
  steps: readonly CheckStep[],
  options: { timeoutMs: number },
): Promise<CheckReport> {
  const { timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const checks: Check[] = [];
  /** Title of the step that failed, by the steps that it takes along. */
  const causes = new Map<string, string>();
  for (const { id, title, needs = [], run } of steps) {
    const cause = needs.map(need => causes.get(need)).find(Boolean);
    const result = cause
      ? skipped(`Not looked at because of “${cause}”`)
      : await runStep(run, { deadline, timeoutMs });
    if (result.verdict === 'failed') {
      causes.set(id, title);
    } else if (cause) {
      causes.set(id, cause);
    }
    checks.push({ id, title, ...result });
  }
  return { ok: checks.every(({ verdict }) => verdict !== 'failed'), checks };
}

async function runStep(
  run: CheckStep['run'],
  options: { deadline: AbortSignal; timeoutMs: number },
): Promise<CheckResult> {
  const { deadline, timeoutMs } = options;
  if (deadline.aborted) {
    return skipped('Not looked at: the checks before took too long');
  }
  try {
    return await withDeadline({ timeoutMs, signal: deadline }, async signal =>
      run(signal),
    );
  } catch (error) {
    if (deadline.aborted) {
      return explainFailure(
        new MailFailure('connection-timed-out', 'A check took too long'),
      );
    }
    if (MailFailure.is(error)) {
      return explainFailure(error);
    }
    throw error;
  }
}

/** What the work gives, or the failure of the outside world that it ended with. */
export async function orFailure<T>(
  work: () => Promise<T>,
): Promise<T | MailFailure> {
  try {
    return await work();
  } catch (error) {
    if (MailFailure.is(error)) {
      return error;
    }
    throw error;
  }
}

function skipped(detail: string): CheckResult {
  return { verdict: 'skipped', detail };
}
