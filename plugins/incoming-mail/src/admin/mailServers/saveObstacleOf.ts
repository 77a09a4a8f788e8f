// SPDX-License-Identifier: Apache-2.0
import { ResponseError } from '@backstage/errors';
import {
  SaveObstacle,
  saveObstacleSchema,
} from '@postroom/plugin-incoming-mail-common';
import { z } from 'zod';

const refusalSchema = z.object({
  error: z.object({ reason: saveObstacleSchema }),
});

/** Why the backend did not save a draft, where its refusal (409) says so. */
export function saveObstacleOf(error: unknown): SaveObstacle | undefined {
  if (!ResponseError.is(error) || error.statusCode !== 409) {
    return undefined;
  }
  const refusal = refusalSchema.safeParse(error.body);
  return refusal.success ? refusal.data.error.reason : undefined;
}
