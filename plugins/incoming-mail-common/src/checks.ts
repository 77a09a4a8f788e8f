// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { failureCodeSchema } from './failures';

/**
 * One check of a set-up, in the order in which a person would look: what was
 * looked at, how it stands, and what to do about it.
 *
 * - `passed`, `failed`: looked at.
 * - `warned`: works, but will not everywhere or for ever.
 * - `skipped`: could not be looked at because an earlier check failed, or does
 *   not apply; `detail` says which.
 *
 * @public
 */
export const checkSchema = z.object({
  /** Stable, kebab-case, such as `token-endpoint-reachable`. */
  id: z.string(),
  verdict: z.enum(['passed', 'failed', 'warned', 'skipped']),
  /** One line: what was looked at. */
  title: z.string(),
  /** What came back, in our words or, shortened, the provider's; never a secret. */
  detail: z.string().optional(),
  /** What the reader does about it. */
  remedy: z.string().optional(),
  /** Where that is done or explained. */
  link: z.url().optional(),
  failure: failureCodeSchema.optional(),
});

/** See {@link checkSchema}. @public */
export type Check = z.infer<typeof checkSchema>;

/** What a doctor found: all checks, and whether none failed. @public */
export const checkReportSchema = z.object({
  ok: z.boolean(),
  checks: z.array(checkSchema),
});

/** See {@link checkReportSchema}. @public */
export type CheckReport = z.infer<typeof checkReportSchema>;
