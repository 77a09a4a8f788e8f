// SPDX-License-Identifier: Apache-2.0
import { html } from './html';
import { page } from './page';

/** Says what went wrong and what to do about it. */
export function errorPage(title: string, text: string): string {
  return page({
    title,
    body: html`<h1>${title}</h1>
      <p>${text}</p>`,
  });
}
