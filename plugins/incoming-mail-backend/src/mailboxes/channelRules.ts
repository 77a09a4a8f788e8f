// SPDX-License-Identifier: Apache-2.0
import {
  IntegrationChoice,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';
import { isDomainAllowed } from '../oauth';
import { MailboxSettings } from './MailboxStore';

/** A setting that does not fit the others. */
export interface SettingsFault {
  /** The field's path below the body. */
  readonly path: string;
  readonly message: string;
}

/**
 * What is wrong with a channel's settings in view of its integration. The
 * server has to be one of the integration's, word for word: a project owner
 * who could type a host could have the access token sent there.
 */
export function findSettingsFaults(
  settings: MailboxSettings,
  integration: IntegrationChoice,
): SettingsFault[] {
  const faults: SettingsFault[] = [];
  if (!integration.ready) {
    faults.push({
      path: 'authentication.integrationId',
      message: 'names an integration that has no client ID or secret yet',
    });
  }
  if (!integration.mailHosts.some(host => isSameHost(host, settings.server))) {
    faults.push({
      path: 'server.host',
      message: 'is not a mail server of this integration',
    });
  }
  if (settings.server.protocol !== 'imap') {
    faults.push({
      path: 'server.protocol',
      message: 'can only be imap so far',
    });
  }
  if (!isDomainAllowed(settings.address, integration.allowedDomains)) {
    faults.push({
      path: 'address',
      message: `has to belong to ${integration.allowedDomains.join(' or ')}`,
    });
  }
  return faults;
}

/** Whether a grant stays good: it was given for one account by one integration. */
export function needsNewConsent(
  former: MailboxSettings,
  next: MailboxSettings,
): boolean {
  return (
    former.address !== next.address ||
    former.authentication.integrationId !== next.authentication.integrationId
  );
}

function isSameHost(a: MailHost, b: MailHost): boolean {
  return (
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.port === b.port &&
    a.security === b.security
  );
}
