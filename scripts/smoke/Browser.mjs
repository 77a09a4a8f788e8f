// SPDX-License-Identifier: Apache-2.0
import { request } from 'node:http';

const MAX_REDIRECTS = 20;
const TIMEOUT_MS = 30_000;

/** What a browser says of itself when a person opens a page (Fetch Metadata). */
const NAVIGATION = {
  'sec-fetch-mode': 'navigate',
  'sec-fetch-dest': 'document',
  accept: 'text/html',
};

/**
 * One request. Not `fetch`: that one always says that a script asks, which
 * pages for people refuse.
 */
function navigate(url, { method = 'GET', headers, body }) {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      url,
      {
        method,
        headers: { ...NAVIGATION, ...headers },
        timeout: TIMEOUT_MS,
      },
      incoming => {
        const chunks = [];
        incoming.on('data', chunk => chunks.push(chunk));
        incoming.once('error', reject);
        incoming.once('end', () =>
          resolve({
            status: incoming.statusCode,
            location: incoming.headers.location,
            setCookie: incoming.headers['set-cookie'] ?? [],
            text: Buffer.concat(chunks).toString('utf8'),
          }),
        );
      },
    );
    outgoing.once('timeout', () => outgoing.destroy(new Error('Timed out')));
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/**
 * As much of a browser as a consent needs: it keeps cookies per host (a port
 * makes no difference to a cookie) and follows redirects, one at a time.
 */
export class Browser {
  #cookies = new Map();

  /** Takes over what a reply sets. */
  remember(url, setCookie) {
    const { hostname } = new URL(url);
    const jar = this.#cookies.get(hostname) ?? new Map();
    for (const line of setCookie) {
      const [pair, ...attributes] = line.split(';');
      const [name, ...value] = pair.split('=');
      const isGone = attributes.some(attribute =>
        /^\s*(max-age=0|expires=thu, 01 jan 1970)/i.test(attribute),
      );
      if (isGone) {
        jar.delete(name.trim());
      } else {
        jar.set(name.trim(), value.join('='));
      }
    }
    this.#cookies.set(hostname, jar);
  }

  async #request(url, options = {}) {
    const jar = this.#cookies.get(new URL(url).hostname) ?? new Map();
    const cookie = [...jar].map(pair => pair.join('=')).join('; ');
    const response = await navigate(url, {
      ...options,
      headers: { ...options.headers, ...(cookie && { cookie }) },
    });
    this.remember(url, response.setCookie);
    return response;
  }

  /** Opens a page, over all redirects; gives where it ended and what it says. */
  async open(url, options = {}) {
    let at = url;
    let response = await this.#request(at, options);
    for (let n = 0; response.location !== undefined; n += 1) {
      if (n >= MAX_REDIRECTS) {
        throw new Error(`Too many redirects at ${at}`);
      }
      at = new URL(response.location, at).href;
      response = await this.#request(at);
    }
    return { url: at, status: response.status, text: response.text };
  }

  /** Sends the first form of a page, with the fields given. */
  async submit(page, fields) {
    const action = /<form[^>]*\saction="([^"]+)"/.exec(page.text)?.[1];
    if (!action) {
      throw new Error(
        `No form at ${page.url} (status ${page.status}): ${page.text.slice(
          0,
          300,
        )}`,
      );
    }
    return this.open(new URL(action, page.url).href, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(fields).toString(),
    });
  }
}
