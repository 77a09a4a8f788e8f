// SPDX-License-Identifier: Apache-2.0
import type { MailPorts } from '../MailPorts';
import type { RegisteredClient } from '../oauth/ClientRegistry';
import { html, type Html } from './html';
import { page } from './page';
import { providerFacts } from './providerFacts';

/** What the page shows above the form. */
export type AppsNotice =
  | {
      readonly kind: 'registered';
      readonly clientId: string;
      readonly clientSecret?: string;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** The developer console: register an application, see those there are. */
export function appsPage(options: {
  readonly issuer: string;
  readonly ports: MailPorts;
  readonly clients: readonly RegisteredClient[];
  readonly notice?: AppsNotice;
  /** What was typed, so that a refused form is not lost. */
  readonly form?: { readonly name: string; readonly redirectUri: string };
}): string {
  return page({
    title: 'Applications',
    wide: true,
    body: html`<h1>Applications</h1>
      ${options.notice && noticeOf(options.notice)}
      <form method="post" action="/apps">
        <label for="name">Name</label>
        <input
          id="name"
          name="name"
          required
          maxlength="100"
          value="${options.form?.name}"
        />
        <label for="redirectUri">Redirect URI</label>
        <input
          id="redirectUri"
          name="redirectUri"
          type="url"
          required
          maxlength="2000"
          placeholder="https://portal.example/callback"
          value="${options.form?.redirectUri}"
        />
        <p class="soft">
          Must match what the application sends, character by character.
        </p>
        <button type="submit" class="primary">Register application</button>
      </form>
      <h2>Registered</h2>
      ${options.clients.length === 0
        ? html`<p class="soft">None yet.</p>`
        : html`<ul class="rows">
            ${options.clients.map(rowOf)}
          </ul>`}
      <h2>Endpoints</h2>
      ${providerFacts(options)}`,
  });
}

function noticeOf(notice: AppsNotice): Html {
  if (notice.kind === 'refused') {
    return html`<div class="notice" role="alert">${notice.reason}</div>`;
  }
  return html`<div class="notice" role="status">
    <p class="good">Registered. Copy the secret now: it is shown only once.</p>
    <dl>
      <dt>Client ID</dt>
      <dd><code id="client-id">${notice.clientId}</code></dd>
      <dt>Client secret</dt>
      <dd><code id="client-secret">${notice.clientSecret}</code></dd>
    </dl>
  </div>`;
}

function rowOf({ name, clientId, redirectUris }: RegisteredClient): Html {
  return html`<li>
    <strong>${name}</strong><br />
    <span class="soft">Client ID</span> <code>${clientId}</code><br />
    ${redirectUris.map(uri => html`<code>${uri}</code><br />`)}
  </li>`;
}
