// SPDX-License-Identifier: Apache-2.0
import { Db, fromDbTime, readDbNow } from '../../database';
import { IntegrationStore } from '../integrations/IntegrationStore';
import { IntegrationRecord } from '../integrations/types';
import {
  addDays,
  dueExpiryWarning,
  ExpiryWarning,
  toDay,
  WARNING_DAYS,
} from './expiryCalendar';

const MAX_WARNINGS = 500;

/** A client secret that ends soon, and who can do something about it. */
export interface SecretWarning extends ExpiryWarning {
  readonly integrationId: string;
  /** The integration's. */
  readonly name: string;
  readonly expiresOn: string;
  /** An entity ref. */
  readonly createdBy: string;
}

/** The warnings that are due today by the database's clock, whether given or not. */
export async function listSecretWarnings(
  db: Db,
  integrations: IntegrationStore,
): Promise<SecretWarning[]> {
  const today = toDay(fromDbTime(await readDbNow(db)));
  const expiring = await integrations.listExpiring({
    from: today,
    to: addDays(today, WARNING_DAYS[0]),
    limit: MAX_WARNINGS,
  });
  return expiring.flatMap(integration =>
    endsOfSecrets(integration).flatMap(expiresOn => {
      const warning = dueExpiryWarning(expiresOn, today);
      return warning
        ? {
            ...warning,
            integrationId: integration.id,
            name: integration.settings.name,
            expiresOn,
            createdBy: integration.createdBy,
          }
        : [];
    }),
  );
}

/** The days that matter: once the next secret is in use, the present one's does not. */
function endsOfSecrets(integration: IntegrationRecord): string[] {
  const { clientSecretExpiresOn: present, nextClientSecret: next } =
    integration;
  const ends =
    next?.state === 'in-use' ? [next.expiresOn] : [present, next?.expiresOn];
  return ends.filter(day => day !== undefined);
}
