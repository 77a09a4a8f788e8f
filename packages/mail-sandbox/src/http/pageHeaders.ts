// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';
import type { FaultBoard } from '../faults/FaultBoard';

/**
 * Headers of all pages. There is no `form-action` on purpose: browsers apply
 * it to the redirects after a form as well, and the consent form ends at the
 * application's redirect URI, wherever that is.
 */
const policy = [
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Sets the headers; with the fault, the opener of a popup is cut off too. */
export function pageHeaders(faults: FaultBoard): RequestHandler {
  return (_req, res, next) => {
    res.set({
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-store',
      // Not `no-referrer`: forms would then be sent with `Origin: null`.
      'Referrer-Policy': 'same-origin',
      'X-Content-Type-Options': 'nosniff',
    });
    if (faults.current.coopHeader) {
      res.set('Cross-Origin-Opener-Policy', 'same-origin');
    }
    next();
  };
}
