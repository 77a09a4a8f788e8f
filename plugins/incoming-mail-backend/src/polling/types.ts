// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';

/**
 * How a visit ended.
 *
 * - `completed`: everything that was there is stored; `accepted` says how
 *   much of it was new, `more` that the visit stopped at its bound.
 * - `failed`: the outside world stood in the way; what was stored before stays.
 * - `aborted`: the backend stops, or the lease went to someone else. Nothing
 *   can be said about the mailbox.
 */
export type PollOutcome =
  | {
      readonly kind: 'completed';
      readonly accepted: number;
      readonly more: boolean;
      /** The first visit: reading begins with mail that arrives from now on. */
      readonly baseline: boolean;
      /** The server gave its mails new numbers since the last visit. */
      readonly renumbered: boolean;
      /** How many mails it left for the next visit, at most. */
      readonly left?: number;
      /** What it did for an import of older mail; `accepted` holds that as well. */
      readonly older?: ImportProgress;
    }
  | {
      readonly kind: 'failed';
      readonly failure: FailureCode;
      readonly detail?: string;
      readonly retryAfterMs?: number;
      /** How many mails were stored before it failed. */
      readonly accepted: number;
    }
  | { readonly kind: 'aborted' };

/** What a visit did for an import of older mail. */
export interface ImportProgress {
  /** How many mails were new to us. */
  readonly accepted: number;
  /** How it ended, if it did in this visit. */
  readonly ended?: 'done' | 'failed';
  /** How many mails were new in all visits. */
  readonly total?: number;
}

/** How often and how much. */
export interface PollPolicy {
  readonly intervalMs: number;
  readonly messagesPerVisit: number;
  readonly maxMessageBytes: number;
}
