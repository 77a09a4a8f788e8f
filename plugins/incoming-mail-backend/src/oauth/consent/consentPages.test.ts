// SPDX-License-Identifier: Apache-2.0
import { runInNewContext } from 'node:vm';
import {
  consentFailureCodes,
  FailureCode,
  failures,
} from '@postroom/plugin-incoming-mail-common';
import express, { Response } from 'express';
import request from 'supertest';
import { Secret } from '../../secrets';
import { sendClaimPage, sendNeutralPage, sendResultPage } from './consentPages';
import { markup } from './markup';
import { sendLinkDone, sendLinkRefused, sendLinkShell } from './linkPages';
import { setPageHeaders } from './sendPage';

const ORIGIN = 'https://portal.test';
const ATTACK = '</script><img src=x onerror=alert(1)>';

function show(send: (response: Response) => void) {
  const app = express().get('/', (_request, response) => {
    setPageHeaders(response);
    send(response);
  });
  return request(app).get('/');
}

/** What a person reads. */
function wordsOf(page: string): string {
  return page
    .replace(/<(script|style)>[^]*?<\/\1>/g, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#39;/g, "'")
    .replace(/\s+/g, ' ');
}

function expectClosed(headers: Record<string, string>) {
  expect(headers).toMatchObject({
    'cache-control': 'no-store',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'x-content-type-options': 'nosniff',
  });
  const policy = headers['content-security-policy'];
  expect(policy).toContain("default-src 'none'; frame-ancestors 'none'");
  expect(policy).toContain("base-uri 'none'");
  expect(policy).not.toMatch(/unsafe|https?:|\*/);
}

describe('the pages of a consent', () => {
  it.each(consentFailureCodes)(
    'say in fixed words how a consent ended: %s (T14)',
    async code => {
      const popup = await show(response =>
        sendResultPage(response, ORIGIN, { status: 'failed', code }),
      );
      expectClosed(popup.headers);
      expect(wordsOf(popup.text)).toContain(failures[code].title);
      expect(wordsOf(popup.text)).toContain(failures[code].remedy);
      expect(decodeURIComponent(popup.text)).toContain(failures[code].title);

      const link = await show(response => sendLinkRefused(response, code));
      expectClosed(link.headers);
      expect(wordsOf(link.text)).toContain(failures[code].title);
      expect(wordsOf(link.text)).toMatch(/Nothing was stored\. \S+/);
      // Whoever came by a link has no such button.
      expect(link.text).not.toContain('Authorize button');
    },
  );

  it('need nothing from elsewhere and run in no frame (T15)', async () => {
    for (const send of [
      sendNeutralPage,
      sendLinkShell,
      (response: Response) => sendLinkDone(response, 'support@corp.test'),
      (response: Response) =>
        sendResultPage(response, ORIGIN, {
          status: 'succeeded',
          consentId: 'c1',
        }),
    ]) {
      const page = await show(send);
      expectClosed(page.headers);
      expect(page.text).not.toMatch(/\b(src|srcset|@import)\s*=/);
    }
  });

  it('hold what they are given as text, in content, attributes and scripts', async () => {
    const attack = `${ATTACK}'&`;
    expect(
      markup`<p title="${attack}">${[markup`<b>${'<i>'}</b>`]}</p>`.text,
    ).toBe(
      `<p title="&lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;&#39;&amp;"><b>&lt;i&gt;</b></p>`,
    );
    const page = await show(response =>
      sendClaimPage(response, {
        returnOrigin: ORIGIN,
        consentId: `'${ATTACK}`,
        code: new Secret('ABCD2345'),
        backTo: `${ORIGIN}/?q="${ATTACK}`,
      }),
    );
    expectClosed(page.headers);
    expect(page.text).not.toContain('<img');
    expect(page.text.match(/<\/script>/g)).toHaveLength(2);
    expect(wordsOf(page.text)).toContain('ABCD2345');
  });

  it('post to the page that opened them and to no other (T10)', async () => {
    const code = new Secret('ABCD2345');
    const { text } = await show(response =>
      sendClaimPage(response, { returnOrigin: ORIGIN, consentId: 'c1', code }),
    );
    const script = [...text.matchAll(/<script>([^]*?)<\/script>/g)][1][1];
    const posted: unknown[][] = [];
    const run = (opener: object | null) =>
      runInNewContext(script, { window: { opener } });
    run({ postMessage: (...args: unknown[]) => posted.push(args) });
    expect(posted).toEqual([
      [
        { type: 'incoming-mail-claim', consentId: 'c1', code: 'ABCD2345' },
        ORIGIN,
      ],
    ]);
    // Cut off from its opener it only shows the code.
    expect(() => run(null)).not.toThrow();
  });

  it('never leave a stranger without a word', () => {
    const known: FailureCode[] = [
      'wrong-account',
      'consent-denied',
      'scopes-missing',
      'link-used',
      'link-expired',
      'link-revoked',
      'link-unknown',
      'integration-changed',
    ];
    expect(consentFailureCodes).toEqual(expect.arrayContaining(known));
  });
});
