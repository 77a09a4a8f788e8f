// SPDX-License-Identifier: Apache-2.0
import type { MailPorts } from '../MailPorts';
import { html, type Html } from './html';

/** What a person copies into an OAuth client that reads mail. */
export function providerFacts({
  issuer,
  ports,
}: {
  readonly issuer: string;
  readonly ports: MailPorts;
}): Html {
  const servers: readonly [string, number, string][] = [
    ['IMAP', ports.imap, 'without encryption'],
    ['IMAP', ports.imaps, 'with TLS'],
    ['IMAP', ports.imapStartTls, 'with STARTTLS'],
    ['POP3', ports.pop3, 'without encryption'],
    ['POP3', ports.pop3s, 'with TLS'],
  ];
  return html`<dl>
    <dt>Issuer</dt>
    <dd><code>${issuer}</code></dd>
    <dt>Authorization endpoint</dt>
    <dd><code>${issuer}/auth</code></dd>
    <dt>Token endpoint</dt>
    <dd><code>${issuer}/token</code></dd>
    <dt>Scopes</dt>
    <dd><code>openid email mail offline_access</code></dd>
    <dt>Mail servers</dt>
    ${servers.map(
      ([protocol, port, encryption]) => html`<dd>
        ${protocol}, host <code>localhost</code>, port <code>${port}</code>,
        ${encryption}
      </dd>`,
    )}
    <dt>Certificate to trust for TLS</dt>
    <dd><a href="/ca.pem">ca.pem</a></dd>
  </dl>`;
}
