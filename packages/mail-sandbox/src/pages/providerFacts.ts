// SPDX-License-Identifier: Apache-2.0
import { html, type Html } from './html';

/** What a person copies into an OAuth client that reads mail. */
export function providerFacts({
  issuer,
  imapPort,
}: {
  readonly issuer: string;
  readonly imapPort: number;
}): Html {
  return html`<dl>
    <dt>Issuer</dt>
    <dd><code>${issuer}</code></dd>
    <dt>Authorization endpoint</dt>
    <dd><code>${issuer}/auth</code></dd>
    <dt>Token endpoint</dt>
    <dd><code>${issuer}/token</code></dd>
    <dt>Scopes</dt>
    <dd><code>openid email mail offline_access</code></dd>
    <dt>Mail server</dt>
    <dd>
      IMAP, host <code>localhost</code>, port <code>${imapPort}</code>, without
      encryption
    </dd>
  </dl>`;
}
