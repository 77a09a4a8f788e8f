// SPDX-License-Identifier: Apache-2.0
import type { SandboxAccount } from '../accounts';
import { html, type Html } from './html';
import { page } from './page';

/** A message that can be answered. */
export interface ReplyChoice {
  readonly uid: number;
  readonly subject: string;
}

/** What the page shows above the form. */
export type ComposeNotice =
  | { readonly kind: 'delivered'; readonly to: string; readonly uid: number }
  | { readonly kind: 'refused'; readonly reason: string };

/** What was typed last. */
export interface ComposeForm {
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** A form that puts a mail into a mailbox, optionally as a reply to another. */
export function composePage(options: {
  readonly mailboxes: readonly {
    readonly account: SandboxAccount;
    readonly messages: readonly ReplyChoice[];
  }[];
  readonly notice?: ComposeNotice;
  readonly form?: ComposeForm;
}): string {
  const { form, mailboxes } = options;
  return page({
    title: 'Compose',
    wide: true,
    body: html`<h1>Compose</h1>
      ${options.notice && noticeOf(options.notice)}
      <form method="post" action="/compose">
        <label for="from">From</label>
        <input
          id="from"
          name="from"
          required
          maxlength="300"
          placeholder="Ada Lovelace &lt;ada@example.com&gt;"
          value="${form?.from}"
        />
        <label for="to">To</label>
        <select id="to" name="to">
          ${mailboxes.map(
            ({ account: { address } }) => html`<option
              ${address === form?.to ? 'selected' : ''}
            >
              ${address}
            </option>`,
          )}
        </select>
        <label for="inReplyTo">In reply to</label>
        <select id="inReplyTo" name="inReplyTo">
          <option value="">Nothing: a new conversation</option>
          ${mailboxes.map(
            ({ account, messages }) => html`<optgroup
              label="${account.address}"
            >
              ${messages.map(
                ({ uid, subject }) => html`<option
                  value="${account.address}:${uid}"
                >
                  ${uid}: ${subject}
                </option>`,
              )}
            </optgroup>`,
          )}
        </select>
        <label for="subject">Subject</label>
        <input
          id="subject"
          name="subject"
          maxlength="900"
          value="${form?.subject}"
        />
        <label for="text">Text</label>
        <textarea id="text" name="text" maxlength="200000">
${form?.text}</textarea
        >
        <div class="actions">
          <button type="submit" class="primary">Send</button>
        </div>
      </form>`,
  });
}

function noticeOf(notice: ComposeNotice): Html {
  if (notice.kind === 'refused') {
    return html`<div class="notice" role="alert">${notice.reason}</div>`;
  }
  return html`<div class="notice" role="status">
    <p class="good">Delivered to ${notice.to}.</p>
    <span class="soft">UID</span> <code id="uid">${notice.uid}</code>
  </div>`;
}
