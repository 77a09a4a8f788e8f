// SPDX-License-Identifier: Apache-2.0
import { listPages } from '../lib/listPages.mjs';

/** The HTTP API of the portal, as one signed-in person uses it. */
export class Portal {
  #base;
  #token;

  constructor(base, token) {
    this.#base = base;
    this.#token = token;
  }

  /** Signs in as one of the demo's people: 'ada' or 'olga'. */
  static async signIn(base, person) {
    const response = await fetch(`${base}/api/auth/demo-${person}/refresh`, {
      headers: { 'x-requested-with': 'XMLHttpRequest' },
    });
    const session = await response.json();
    const token = session.backstageIdentity?.token;
    if (!token) {
      throw new Error(`${person} could not sign in: ${response.status}`);
    }
    return new Portal(base, token);
  }

  /** A call of the plugin; throws where it is refused. */
  async call(method, path, body) {
    const response = await this.request(method, path, body);
    const text = await response.text();
    if (!response.ok) {
      throw new Error(`${method} ${path}: ${response.status} ${text}`);
    }
    return text ? JSON.parse(text) : undefined;
  }

  /** A call of the plugin, whatever the answer. */
  request(method, path, body, headers = {}) {
    return fetch(`${this.#base}/api/incoming-mail${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.#token}`,
        ...(body && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body && JSON.stringify(body),
    });
  }

  /** All rows of a list, over all its pages. */
  list(path) {
    return listPages(page => this.call('GET', page), path);
  }

  /** The bytes of a file. */
  async download(path) {
    const response = await this.request('GET', path);
    if (!response.ok) {
      throw new Error(`GET ${path}: ${response.status}`);
    }
    return Buffer.from(await response.arrayBuffer());
  }
}
