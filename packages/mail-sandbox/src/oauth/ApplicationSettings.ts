// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';
import type { FaultField, FaultValues } from '../faults/faultFields';
import { applicationSettings } from '../faults/oauthFaults';

/** How the provider treats one application, after all is considered. */
export type ApplicationSettings = FaultValues<typeof applicationSettings>;

/** What is set for one application itself. */
export type OwnSettings = Partial<ApplicationSettings>;

/** Settings as they come from outside; unnamed ones follow the faults. */
export const ownSettingsSchema = z.strictObject(
  Object.fromEntries(
    Object.entries<FaultField>(applicationSettings).map(
      ([name, { schema }]) => [name, schema.optional()],
    ),
  ),
  // The shape is built from the table above, and so is the type.
) as unknown as z.ZodType<OwnSettings>;
