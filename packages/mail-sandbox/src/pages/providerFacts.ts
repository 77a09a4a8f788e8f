// SPDX-License-Identifier: Apache-2.0
import { html, type Html } from './html';

/** What a person copies into an OAuth client. */
export function providerFacts(issuer: string): Html {
  return html`<dl>
    <dt>Issuer</dt>
    <dd><code>${issuer}</code></dd>
    <dt>Authorization endpoint</dt>
    <dd><code>${issuer}/auth</code></dd>
    <dt>Token endpoint</dt>
    <dd><code>${issuer}/token</code></dd>
    <dt>Scopes</dt>
    <dd><code>openid email mail offline_access</code></dd>
  </dl>`;
}
