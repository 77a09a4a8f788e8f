// SPDX-License-Identifier: Apache-2.0
import type { SandboxAccount } from '../accounts';
import type { MailPorts } from '../MailPorts';
import { html, type Html } from './html';
import { page } from './page';
import { providerFacts } from './providerFacts';

/** Explains the sandbox and leads to its parts. */
export function landingPage(options: {
  readonly issuer: string;
  readonly ports: MailPorts;
  readonly accounts: readonly SandboxAccount[];
}): string {
  return page({
    title: 'Start',
    wide: true,
    body: html`<h1>A mail provider that lives on this machine</h1>
      <p>
        An OAuth 2.0 provider, an IMAP and a POP3 server for demos and tests.
        Nothing leaves the machine and no mail is real.
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
      <h2>OAuth provider and mail servers</h2>
      ${providerFacts(options)}
      <h2>Mailboxes</h2>
      <dl>
        <dt>Accounts</dt>
        ${options.accounts.map(accountRow)}
      </dl>`,
  });
}

function accountRow({ address, password }: SandboxAccount): Html {
  const opensTo =
    password === undefined
      ? 'without a password'
      : html`password <code>${password}</code>`;
  return html`<dd><code>${address}</code>, ${opensTo}</dd>`;
}
