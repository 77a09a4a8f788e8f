// SPDX-License-Identifier: Apache-2.0
import { headerFields } from '../mail/headers';
import { formatString } from './values';

/** Mailing-list monsters are cut: nobody reads a thousand recipients here. */
const MAX_ADDRESSES = 100;

/** Writes the ENVELOPE of a message (RFC 3501 section 7.4.2). */
export function formatEnvelope(raw: Buffer): string {
  const fields = headerFields(raw);
  const value = (name: string) =>
    fields.find(field => field.name.toLowerCase() === name)?.value;
  const from = value('from');
  return `(${[
    formatString(value('date')),
    formatString(value('subject')),
    formatAddresses(from),
    formatAddresses(value('sender') ?? from),
    formatAddresses(value('reply-to') ?? from),
    formatAddresses(value('to')),
    formatAddresses(value('cc')),
    formatAddresses(value('bcc')),
    formatString(value('in-reply-to')),
    formatString(value('message-id')),
  ].join(' ')})`;
}

function formatAddresses(value: string | undefined): string {
  const addresses = splitAddresses(value ?? '').flatMap(formatAddress);
  return addresses.length === 0 ? 'NIL' : `(${addresses.join('')})`;
}

/** Splits at commas that stand neither in quotes nor in brackets. */
function splitAddresses(value: string): string[] {
  const parts = value.match(/(?:"(?:\\.|[^"\\])*"|<[^>]*>|[^,"<]|["<])+/g);
  return (parts ?? []).slice(0, MAX_ADDRESSES);
}

function formatAddress(text: string): string[] {
  const match = /^(.*?)<([^<>]*)>\s*$/s.exec(text);
  const address = (match ? match[2] : text).trim();
  if (address === '') return [];
  const name = match?.[1].trim().replace(/^"(.*)"$/s, '$1');
  const at = address.lastIndexOf('@');
  const mailbox = at === -1 ? address : address.slice(0, at);
  const host = at === -1 ? undefined : address.slice(at + 1);
  return [
    `(${formatString(name || undefined)} NIL ${formatString(
      mailbox,
    )} ${formatString(host)})`,
  ];
}
