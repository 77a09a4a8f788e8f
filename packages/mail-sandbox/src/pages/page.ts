// SPDX-License-Identifier: Apache-2.0
import { html, Html } from './html';
import { style } from './style';

const envelope = html`<svg
  viewBox="0 0 24 24"
  fill="none"
  stroke="currentColor"
  stroke-width="1.8"
  aria-hidden="true"
>
  <rect x="3" y="5" width="18" height="14" rx="2.5" />
  <path d="m4 7 8 6 8-6" />
</svg>`;

/** Puts a page together: head, the card, and the brand on top of it. */
export function page(options: {
  readonly title: string;
  readonly body: Html;
  readonly wide?: boolean;
}): string {
  return html`<!DOCTYPE html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${options.title} – Mail sandbox</title>
        <style>
          ${new Html(style)}
        </style>
      </head>
      <body>
        <main class="${options.wide ? 'wide' : ''}">
          <a class="brand" href="/">${envelope} Mail sandbox</a>
          ${options.body}
        </main>
      </body>
    </html>`.text;
}
