// SPDX-License-Identifier: Apache-2.0
import {
  IntegrationChoice,
  MailHost,
} from '@postroom/plugin-incoming-mail-common';
import { isDomainAllowed } from '../oauth';
import { isThisMachine } from '../transport';
import { MailboxSettings } from './mailboxRows';

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
  integration: Pick<
    IntegrationChoice,
    'ready' | 'mailHosts' | 'allowedDomains'
  >,
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
  if (!isDomainAllowed(settings.address, integration.allowedDomains)) {
    faults.push({
      path: 'address',
      message: `has to belong to ${integration.allowedDomains.join(' or ')}`,
    });
  }
  return faults;
}

/**
 * What is wrong with the settings of a mailbox, however it is signed in to.
 *
 * @param integration - the one that the settings name; none with a password
 */
export function findMailboxFaults(
  settings: MailboxSettings,
  integration:
    | Pick<IntegrationChoice, 'ready' | 'mailHosts' | 'allowedDomains'>
    | undefined,
  rules: { allowPlaintextLoopback: boolean },
): SettingsFault[] {
  const faults = findProtocolFaults(settings);
  if (settings.authentication.method === 'password') {
    return [...findPlaintextFaults(settings, rules), ...faults];
  }
  return integration
    ? [...findSettingsFaults(settings, integration), ...faults]
    : [
        {
          path: 'authentication.integrationId',
          message: 'names no integration',
        },
      ];
}

/** What a protocol does not have. */
function findProtocolFaults(settings: MailboxSettings): SettingsFault[] {
  const { server, folder, afterStoring } = settings;
  if (server.protocol === 'imap') {
    return [];
  }
  const faults: SettingsFault[] = [];
  if (server.security === 'starttls') {
    faults.push({
      path: 'server.security',
      message:
        'can only be tls: POP3 is encrypted from the start or not at all',
    });
  }
  if (folder !== 'INBOX') {
    faults.push({ path: 'folder', message: 'can only be INBOX over POP3' });
  }
  if (afterStoring?.action === 'move') {
    faults.push({
      path: 'afterStoring.action',
      message: 'cannot be move: POP3 has no folders',
    });
  }
  return faults;
}

/** A password is sent in the clear to this very machine only. */
function findPlaintextFaults(
  { server }: MailboxSettings,
  { allowPlaintextLoopback }: { allowPlaintextLoopback: boolean },
): SettingsFault[] {
  return server.security !== 'none' ||
    (allowPlaintextLoopback && isThisMachine(server.host))
    ? []
    : [
        {
          path: 'server.security',
          message:
            'can be none for this very machine only, in a development set-up',
        },
      ];
}

/** Whether a grant stays good: it was given for one account by one integration. */
export function needsNewConsent(
  former: MailboxSettings,
  next: MailboxSettings,
): boolean {
  const before = former.authentication;
  const after = next.authentication;
  return (
    former.address !== next.address ||
    before.method !== 'oauth' ||
    after.method !== 'oauth' ||
    before.integrationId !== after.integrationId
  );
}

/**
 * Whether a stored password may not be used any more before it is entered
 * again: it would be sent to another place, for another name, or less well
 * protected than the person knew who entered it.
 */
export function needsPasswordAgain(
  former: MailboxSettings,
  next: MailboxSettings,
): boolean {
  const before = former.authentication;
  const after = next.authentication;
  return (
    before.method !== 'password' ||
    after.method !== 'password' ||
    !isSameHost(former.server, next.server) ||
    (before.userName ?? former.address) !== (after.userName ?? next.address)
  );
}

/** Whether somebody has to prove again that the mailbox can be signed in to. */
export function needsNewSignIn(
  former: MailboxSettings,
  next: MailboxSettings,
): boolean {
  return next.authentication.method === 'oauth'
    ? needsNewConsent(former, next)
    : former.address !== next.address || needsPasswordAgain(former, next);
}

/** What a change of settings means for what was read so far. */
export function readingAfter(
  former: MailboxSettings,
  next: MailboxSettings,
): 'goes-on' | 'other-server' | 'other-account' {
  if (former.address !== next.address) {
    return 'other-account';
  }
  return former.server.host !== next.server.host ||
    former.server.protocol !== next.server.protocol
    ? 'other-server'
    : 'goes-on';
}

function isSameHost(a: MailHost, b: MailHost): boolean {
  return (
    a.protocol === b.protocol &&
    a.host === b.host &&
    a.port === b.port &&
    a.security === b.security
  );
}
