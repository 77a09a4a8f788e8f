// SPDX-License-Identifier: Apache-2.0

const MAX_STEPS = 12;

/** What a person does at the pages of mail-sandbox. */
export interface SandboxChoice {
  readonly account: string;
  readonly decision: 'allow' | 'deny';
}

/**
 * Walks through the pages of the sandbox's provider, as a browser would, from
 * an authorization request to the redirect that leads back.
 */
export async function consentAtSandbox(
  authorizationRequest: URL,
  choice: SandboxChoice,
): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = authorizationRequest;
  let form: URLSearchParams | undefined;
  for (let step = 0; step < MAX_STEPS; step += 1) {
    const response = await fetch(url, {
      method: form ? 'POST' : 'GET',
      body: form,
      redirect: 'manual',
      headers: { cookie: [...cookies].map(pair => pair.join('=')).join('; ') },
    });
    for (const cookie of response.headers.getSetCookie()) {
      const [name, value] = cookie.split(';')[0].split('=');
      cookies.set(name, value);
    }
    const page = await response.text();
    const location = response.headers.get('location');
    form = undefined;
    if (location) {
      url = new URL(location, url);
      if (url.origin !== authorizationRequest.origin) {
        return url;
      }
    } else {
      const action = /<form[^>]* action="([^"]+)"/.exec(page)?.[1];
      if (!action) {
        throw new Error(`No form at ${url}: ${page}`);
      }
      url = new URL(action, url);
      form = new URLSearchParams({ ...choice });
    }
  }
  throw new Error('The provider does not come to an end');
}
