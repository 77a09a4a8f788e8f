// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { Response } from 'express';
import { Markup, markup } from './markup';

// The pages that people see who may have no portal. Each is one file: nothing
// is loaded, and only the very scripts and styles that we wrote run.

const STYLE = `
  body { max-width: 40rem; margin: 3rem auto; padding: 0 1rem;
    font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: anywhere; }
  h1 { font-size: 1.4rem; line-height: 1.25; }
  dt { font-weight: 600; margin-top: 0.75rem; }
  dd { margin: 0; }
  input, button, .code { font: inherit; padding: 0.5rem 0.75rem; }
  .code { font-size: 1.6rem; letter-spacing: 0.15em; }
  @media (prefers-color-scheme: dark) {
    :root { color-scheme: dark; }
  }
`;

/** A page and what it may do. */
export interface PageOptions {
  readonly status?: number;
  readonly title: string;
  readonly body: Markup;
  /** Each runs at the end of the page, in this order. */
  readonly scripts?: readonly string[];
  /** Whether its forms may be sent, to us. */
  readonly hasForm?: boolean;
}

/**
 * Headers of every answer in these windows, redirects included: their URLs
 * hold a ticket or a code, which must not be kept or passed on (RFC 9700
 * section 4.2), and nobody may put them into a frame (section 4.16).
 */
export function setPageHeaders(response: Response): void {
  response
    .set('Cache-Control', 'no-store')
    .set('Referrer-Policy', 'no-referrer')
    .set('X-Content-Type-Options', 'nosniff')
    .set('X-Frame-Options', 'DENY')
    .set('X-Robots-Tag', 'noindex')
    .set('Content-Security-Policy', policy({}));
}

/** Sends a page. Its policy allows its scripts and its style by their hashes. */
export function sendPage(response: Response, page: PageOptions): void {
  const { status = 200, title, body, scripts = [], hasForm = false } = page;
  const { text } = markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${body}
${scripts.map(script => new Markup(`<script>${script}</script>`))}
</body>
</html>
`;
  setPageHeaders(response);
  response
    .status(status)
    .type('html')
    .set(
      'Content-Security-Policy',
      policy({ scripts, hasForm, hasStyle: true }),
    )
    .send(text);
}

function policy(page: {
  scripts?: readonly string[];
  hasForm?: boolean;
  hasStyle?: boolean;
}): string {
  const { scripts = [], hasForm = false, hasStyle = false } = page;
  const directives = [
    `default-src 'none'`,
    `frame-ancestors 'none'`,
    `base-uri 'none'`,
    `form-action ${hasForm ? `'self'` : `'none'`}`,
    ...(hasStyle ? [`style-src ${hashOf(STYLE)}`] : []),
    ...(scripts.length > 0
      ? [`script-src ${scripts.map(hashOf).join(' ')}`]
      : []),
  ];
  return directives.join('; ');
}

/** CSP level 3 section 2.3.1. */
function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

/**
 * A value as a literal of a script: what is in it ends neither the literal nor
 * the script.
 */
export function toScriptLiteral(value: unknown): string {
  const encoded = encodeURIComponent(JSON.stringify(value)).replace(
    /'/g,
    '%27',
  );
  return `JSON.parse(decodeURIComponent('${encoded}'))`;
}
