// SPDX-License-Identifier: Apache-2.0
import type { SandboxAccount } from '../accounts';
import { html } from './html';
import { page } from './page';

/** Lets a person choose the account; there is no password to type. */
export function loginPage(options: {
  readonly action: string;
  readonly clientName: string;
  /** In the order in which they are shown. */
  readonly accounts: readonly SandboxAccount[];
}): string {
  const buttons = options.accounts.map(
    ({ address, name }) => html`<button
      type="submit"
      name="account"
      value="${address}"
    >
      <span class="face" aria-hidden="true">${name.charAt(0)}</span>
      <span class="who"><strong>${name}</strong><span>${address}</span></span>
    </button>`,
  );
  return page({
    title: 'Choose an account',
    body: html`<h1>Choose an account</h1>
      <p>to continue to <strong>${options.clientName}</strong></p>
      <form method="post" action="${options.action}" class="accounts">
        ${buttons}
      </form>`,
  });
}
