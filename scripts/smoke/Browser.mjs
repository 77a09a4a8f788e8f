// SPDX-License-Identifier: Apache-2.0

const MAX_REDIRECTS = 20;

/**
 * As much of a browser as a consent needs: it keeps cookies per host (a port
 * makes no difference to a cookie) and follows redirects, one at a time.
 */
export class Browser {
  #cookies = new Map();

  /** Takes over what a reply sets. */
  remember(url, response) {
    const { hostname } = new URL(url);
    const jar = this.#cookies.get(hostname) ?? new Map();
    for (const line of response.headers.getSetCookie()) {
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

  /** One request with the host's cookies; redirects are not followed. */
  async fetch(url, options = {}) {
    const jar = this.#cookies.get(new URL(url).hostname) ?? new Map();
    const cookie = [...jar].map(pair => pair.join('=')).join('; ');
    const response = await fetch(url, {
      ...options,
      redirect: 'manual',
      headers: { ...options.headers, ...(cookie && { cookie }) },
    });
    this.remember(url, response);
    return response;
  }

  /** Opens a page, over all redirects; gives where it ended and what it says. */
  async open(url, options = {}) {
    let at = url;
    let response = await this.fetch(at, options);
    for (let n = 0; response.status >= 300 && response.status < 400; n += 1) {
      if (n >= MAX_REDIRECTS) {
        throw new Error(`Too many redirects at ${at}`);
      }
      await response.arrayBuffer();
      at = new URL(response.headers.get('location'), at).href;
      response = await this.fetch(at);
    }
    return { url: at, status: response.status, text: await response.text() };
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
      body: new URLSearchParams(fields),
    });
  }
}
