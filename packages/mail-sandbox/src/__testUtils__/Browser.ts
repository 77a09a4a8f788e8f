// SPDX-License-Identifier: Apache-2.0

/** A page as the browser ended up on it. */
export interface VisitedPage {
  readonly url: URL;
  readonly status: number;
  readonly text: string;
}

/**
 * A browser without a screen: keeps cookies, follows redirects inside the
 * sandbox and stops at the first one that leads elsewhere.
 */
export class Browser {
  readonly #home: string;
  readonly #cookies = new Map<string, string>();

  /** @param home - the origin of the sandbox */
  constructor(home: string) {
    this.#home = home;
  }

  open(url: string | URL): Promise<VisitedPage> {
    return this.#visit(new URL(url, this.#home));
  }

  /** Sends the form of the page it is on. */
  submit(
    page: VisitedPage,
    fields: Record<string, string> | URLSearchParams,
  ): Promise<VisitedPage> {
    const action = /<form[^>]* action="([^"]+)"/.exec(page.text)?.[1];
    if (!action) throw new Error(`No form on ${page.url}: ${page.text}`);
    return this.#visit(new URL(action, page.url), new URLSearchParams(fields));
  }

  async #visit(url: URL, form?: URLSearchParams): Promise<VisitedPage> {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: {
        accept: 'text/html',
        cookie: [...this.#cookies].map(pair => pair.join('=')).join('; '),
      },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      this.#cookies.set(name, value);
    }
    const text = await response.text();
    const location = response.headers.get('location');
    if (!location) return { url, status: response.status, text };
    const target = new URL(location, url);
    if (target.origin === this.#home) return this.#visit(target);
    return { url: target, status: response.status, text };
  }
}
