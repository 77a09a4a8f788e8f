// SPDX-License-Identifier: Apache-2.0
import { demoAccounts, demoPassword } from '../accounts';
import { html } from './html';
import { page } from './page';
import { providerFacts } from './providerFacts';

/** Explains the sandbox and leads to its parts. */
export function landingPage(options: {
  readonly issuer: string;
  readonly imapPort: number;
}): string {
  return page({
    title: 'Start',
    wide: true,
    body: html`<h1>A mail provider that lives on this machine</h1>
      <p>
        An OAuth 2.0 provider and an IMAP server for demos and tests. Nothing
        leaves the machine and no mail is real.
      </p>
      <nav class="links">
        <a href="/apps"
          ><strong>Applications</strong
          ><span>Register one, get a client ID and secret</span></a
        >
        <a href="/compose"
          ><strong>Compose</strong><span>Put a mail into a mailbox</span></a
        >
      </nav>
      <h2>OAuth provider and mail server</h2>
      ${providerFacts(options)}
      <h2>Mailboxes</h2>
      <dl>
        <dt>Accounts (password <code>${demoPassword}</code>)</dt>
        ${demoAccounts.map(
          ({ address }) => html`<dd><code>${address}</code></dd>`,
        )}
      </dl>`,
  });
}
