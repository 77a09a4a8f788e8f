// SPDX-License-Identifier: Apache-2.0
import type { SandboxAccount } from '../accounts';
import { scopeMeanings } from '../oauth/scopes';
import { html } from './html';
import { page } from './page';

/** Asks whether an application may have what it asked for. */
export function consentPage(options: {
  readonly action: string;
  readonly clientName: string;
  readonly account: SandboxAccount;
  readonly scopes: readonly string[];
}): string {
  const { name, address } = options.account;
  const rights = options.scopes.map(
    scope => html`<li data-scope="${scope}">${scopeMeanings.get(scope)}</li>`,
  );
  return page({
    title: 'Allow access',
    body: html`<h1>${options.clientName} wants to use this account</h1>
      <div class="account">
        <span class="face" aria-hidden="true">${name.charAt(0)}</span>
        <span class="who"><strong>${name}</strong><span>${address}</span></span>
      </div>
      <ul class="rights">
        ${rights}
      </ul>
      <p class="soft">A sandbox: the mail is not real.</p>
      <form method="post" action="${options.action}" class="actions">
        <button type="submit" name="decision" value="deny">Deny</button>
        <button type="submit" name="decision" value="allow" class="primary">
          Allow
        </button>
      </form>`,
  });
}
