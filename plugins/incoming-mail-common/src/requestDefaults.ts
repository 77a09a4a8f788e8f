// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import { requestPrioritySchema } from './requests';

/** The id of the handler that makes requests and comments. @public */
export const REQUEST_TRACKER_ID = 'request-tracker';

/**
 * What a request made of a mail begins with. Kept as settings of the binding
 * of the handler {@link REQUEST_TRACKER_ID}, under the same names.
 *
 * @public
 */
export const requestDefaultsSchema = z.strictObject({
  requestType: z.string().trim().min(1).max(100).optional(),
  priority: requestPrioritySchema.optional(),
  labels: z
    .array(z.string().trim().min(1).max(63))
    .max(20)
    .refine(
      labels => new Set(labels).size === labels.length,
      'holds a label twice',
    )
    .optional(),
});

/** See {@link requestDefaultsSchema}. @public */
export type RequestDefaults = z.infer<typeof requestDefaultsSchema>;
