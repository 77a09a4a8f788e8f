// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureCodeSchema } from './failures';

/**
 * Where a mail stands.
 *
 * - `stored`: ours, waiting for its turn (or for its next attempt).
 * - `done`: a request, a comment, or what a custom handler made of it.
 * - `ignored`: deliberately nothing, for the reason in the trace.
 * - `duplicate`: the same mail came before.
 * - `held`: kept for a person to look at.
 * - `quarantined`: could not be read or handled; kept byte for byte.
 *
 * @public
 */
export const messageStateSchema = z.enum([
  'stored',
  'done',
  'ignored',
  'duplicate',
  'held',
  'quarantined',
]);

/** See {@link messageStateSchema}. @public */
export type MessageState = z.infer<typeof messageStateSchema>;

/** The states in which a mail waits for a person, who may have it run again. @public */
export const runnableStates: readonly MessageState[] = ['held', 'quarantined'];

/**
 * One step of the way a mail took, with the step's verdict in words.
 *
 * @public
 */
export const traceStepSchema = z.object({
  step: z.string(),
  verdict: z.enum(['passed', 'stopped', 'failed']),
  reason: z.string(),
});

/** See {@link traceStepSchema}. @public */
export type TraceStep = z.infer<typeof traceStepSchema>;

/**
 * A mail as the mail log shows it: what it was and why it ended where it did.
 *
 * @public
 */
export const messageSummarySchema = z.object({
  id: z.string(),
  state: messageStateSchema,
  /** When we stored it. */
  acceptedAt: z.iso.datetime(),
  sizeBytes: z.number().int(),
  /** Whether only its beginning was kept, because it is over the limit. */
  truncated: z.boolean(),
  /** Whether it is older mail that a person had imported. */
  imported: z.boolean(),
  /** Known once the mail has been parsed. */
  subject: z.string().optional(),
  from: z.string().optional(),
  attempts: z.number().int(),
  nextAttemptAt: z.iso.datetime().optional(),
  failure: failureCodeSchema.optional(),
  /** When its bytes were removed because of their age; absent: they are here. */
  rawRemovedAt: z.iso.datetime().optional(),
  /** The id of the mail that it is a copy of, for `duplicate`. */
  duplicateOf: z.string().optional(),
  /** What it became, such as `request:12` or `request:12#comment`. */
  target: z.string().optional(),
  trace: z.array(traceStepSchema),
});

/**
 * What would become of a mail if it were handled now. Nothing of it stands.
 *
 * @public
 */
export const messageDryRunSchema = z.object({
  /**
   * Where the mail would stand: `stored` where a handler fails and would be
   * tried again. Absent where a handler does not support dry runs, so that
   * nobody can tell.
   */
  state: messageStateSchema.optional(),
  /** As in {@link messageSummarySchema}, with a step `handle` for each binding. */
  trace: z.array(traceStepSchema),
});

/** See {@link messageDryRunSchema}. @public */
export type MessageDryRun = z.infer<typeof messageDryRunSchema>;

/** See {@link messageSummarySchema}. @public */
export type MessageSummary = z.infer<typeof messageSummarySchema>;
