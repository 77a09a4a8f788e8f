// SPDX-License-Identifier: Apache-2.0
import { TraceStep } from '@postroom/plugin-incoming-mail-common';

/** The way of a mail, in order, as its trace shows it. */
export const steps = [
  // Counted and committed before anything is done with the mail.
  'attempt',
  // Older mail is marked as such; other mail has no such step.
  'import',
  // Bytes become an IncomingMessage.
  'parse',
  // Its conversation is found or begun.
  'thread',
  // Each bound handler makes something of it.
  'handle',
] as const;

/** See {@link steps}. */
export type Step = (typeof steps)[number];

/** The step is done and the mail goes on. */
export function passed(step: Step, reason: string): TraceStep {
  return { step, verdict: 'passed', reason };
}

/** The mail deliberately goes no further. */
export function stopped(step: Step, reason: string): TraceStep {
  return { step, verdict: 'stopped', reason };
}

/** The step could not be done. */
export function failed(step: Step, reason: string): TraceStep {
  return { step, verdict: 'failed', reason };
}
