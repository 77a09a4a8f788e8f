// SPDX-License-Identifier: Apache-2.0
import { Request } from 'express';

/**
 * Whether somebody opened the URL in a window. What only looks at it, such as
 * a preview, a prefetch or a frame, must not use it up; a browser that does
 * not send these headers (Fetch Metadata) is let through.
 */
export function isNavigation(request: Request, method = 'GET'): boolean {
  return (
    request.method === method &&
    request.headers['sec-purpose'] === undefined &&
    isOneOf(request, 'sec-fetch-mode', 'navigate') &&
    isOneOf(request, 'sec-fetch-dest', 'document')
  );
}

/** Whether a page of ours sent the form, as far as the browser says. */
export function isOwnForm(request: Request): boolean {
  return (
    isNavigation(request, 'POST') &&
    isOneOf(request, 'sec-fetch-site', 'same-origin')
  );
}

function isOneOf({ headers }: Request, name: string, value: string): boolean {
  return headers[name] === undefined || headers[name] === value;
}
