// SPDX-License-Identifier: Apache-2.0
import type { SandboxAccount } from '../accounts';
import { scopeMeanings } from '../oauth/scopes';
import { html, type Html } from './html';
import { page } from './page';

/** Asks whether an application may have what it asked for. */
export function consentPage(options: {
  readonly action: string;
  readonly clientName: string;
  readonly account: SandboxAccount;
  readonly scopes: readonly string[];
  /** The person may take single ones away; else it is all or nothing. */
  readonly isGranular: boolean;
}): string {
  const { name, address } = options.account;
  const rights = options.scopes.map(scope =>
    options.isGranular ? choiceOf(scope) : rightOf(scope),
  );
  return page({
    title: 'Allow access',
    body: html`<h1>${options.clientName} wants to use this account</h1>
      <div class="account">
        <span class="face" aria-hidden="true">${name.charAt(0)}</span>
        <span class="who"><strong>${name}</strong><span>${address}</span></span>
      </div>
      <form method="post" action="${options.action}">
        <ul class="rights">
          ${rights}
        </ul>
        <p class="soft">A sandbox: the mail is not real.</p>
        <div class="actions">
          <button type="submit" name="decision" value="deny">Deny</button>
          <button type="submit" name="decision" value="allow" class="primary">
            Allow
          </button>
        </div>
      </form>`,
  });
}

function rightOf(scope: string): Html {
  return html`<li data-scope="${scope}">${scopeMeanings.get(scope)}</li>`;
}

function choiceOf(scope: string): Html {
  return html`<li data-scope="${scope}">
    <label class="choice">
      <input type="checkbox" name="scope" value="${scope}" checked />
      ${scopeMeanings.get(scope)}
    </label>
  </li>`;
}
