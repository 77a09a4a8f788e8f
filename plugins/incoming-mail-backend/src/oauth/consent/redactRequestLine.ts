// SPDX-License-Identifier: Apache-2.0
import { Request } from 'express';

/**
 * Takes codes and tickets out of the line that the platform logs of a request.
 * Its logger writes `originalUrl` when the answer is finished, so what is put
 * there before is what is written (RFC 9700 section 4.3). A request that does
 * not get as far as us, as one that the platform's rate limit refuses, is
 * logged as it came; so is whatever a proxy in front writes.
 *
 * @param path - below the plugin, and all that may be known of the request
 */
export function redactRequestLine(request: Request, path: string): void {
  request.originalUrl = `${request.baseUrl}${path}/[redacted]`;
}
