// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';

/** A page as it arrived, after all redirects. */
export interface TestPage {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/**
 * As much of a browser as a consent needs: cookies per host, redirects, forms,
 * and the headers by which a server tells a person's click from a script.
 */
export class TestBrowser {
  readonly #cookies = new Map<string, string>();

  /** Has the cookie that Backstage gives a signed-in person. */
  setCookie(pair: string): void {
    const [name, ...value] = pair.split(';')[0].split('=');
    this.#cookies.set(name.trim(), value.join('='));
  }

  /** Opens a page; gives where it ended. */
  async open(
    url: string,
    options: { method?: string; body?: string; maxRedirects?: number } = {},
  ): Promise<TestPage> {
    const { maxRedirects = 10, ...first } = options;
    let page = await this.#navigate(url, first);
    for (let n = 0; n < maxRedirects && page.headers.location; n += 1) {
      page = await this.#navigate(
        new URL(String(page.headers.location), page.url).href,
      );
    }
    return page;
  }

  /** Sends the form of a page. */
  async submit(
    page: TestPage,
    fields: Record<string, string>,
    options: { maxRedirects?: number } = {},
  ): Promise<TestPage> {
    const action = /<form[^>]*\saction="([^"]+)"/.exec(page.text)?.[1];
    if (!action) {
      throw new Error(`No form at ${page.url} (${page.status}): ${page.text}`);
    }
    return this.open(new URL(action, page.url).href, {
      method: 'POST',
      body: new URLSearchParams(fields).toString(),
      ...options,
    });
  }

  async #navigate(
    url: string,
    options: { method?: string; body?: string } = {},
  ): Promise<TestPage> {
    const cookie = [...this.#cookies].map(pair => pair.join('=')).join('; ');
    return new Promise((resolve, reject) => {
      const outgoing = request(
        url,
        {
          method: options.method ?? 'GET',
          agent: false,
          headers: {
            'sec-fetch-mode': 'navigate',
            'sec-fetch-dest': 'document',
            ...(cookie && { cookie }),
            ...(options.body && {
              'content-type': 'application/x-www-form-urlencoded',
            }),
          },
        },
        incoming => {
          const chunks: Buffer[] = [];
          incoming.on('data', chunk => chunks.push(chunk));
          incoming.on('error', reject);
          incoming.on('end', () => {
            incoming.headers['set-cookie']?.forEach(line =>
              this.setCookie(line),
            );
            resolve({
              url,
              status: incoming.statusCode ?? 0,
              text: Buffer.concat(chunks).toString('utf8'),
              headers: incoming.headers,
            });
          });
        },
      );
      outgoing.on('error', reject);
      outgoing.end(options.body);
    });
  }
}
