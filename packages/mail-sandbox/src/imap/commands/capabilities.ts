// SPDX-License-Identifier: Apache-2.0
import type { ImapSession } from '../ImapSession';

const capabilities = [
  'IMAP4rev1',
  'SASL-IR',
  'LITERAL+',
  'ID',
  'ENABLE',
  'IDLE',
  'NAMESPACE',
  'UNSELECT',
  'UIDPLUS',
  'MOVE',
];

/** What the server can do, as the value of CAPABILITY. */
export function capabilityList(session: ImapSession): string {
  const login = session.account
    ? []
    : session.services.mechanisms.map(mechanism => `AUTH=${mechanism}`);
  const { imapHides = [] } = session.services.faults.current;
  const named = capabilities.filter(name => !imapHides.includes(name));
  const tls = session.offersStartTls ? ['STARTTLS'] : [];
  return ['CAPABILITY', ...named, ...tls, ...login].join(' ');
}
