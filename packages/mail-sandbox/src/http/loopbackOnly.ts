// SPDX-License-Identifier: Apache-2.0
import type { RequestHandler } from 'express';

const loopbackHosts = new Set(['localhost', '127.0.0.1', '[::1]']);

function isLoopback(url: string): boolean {
  return URL.canParse(url) && loopbackHosts.has(new URL(url).hostname);
}

/**
 * Refuses requests that a foreign web site makes through the browser of
 * whoever runs the sandbox: a `Host` of another name (DNS rebinding) and, for
 * requests that change something, an `Origin` of another name. Programs send
 * no `Origin` and are let through.
 */
export const loopbackOnly: RequestHandler = (req, res, next) => {
  const { host = '', origin } = req.headers;
  const changes = !['GET', 'HEAD', 'OPTIONS'].includes(req.method);
  const foreignOrigin = origin !== undefined && !isLoopback(origin);
  if (!isLoopback(`http://${host}`) || (changes && foreignOrigin)) {
    res.status(403).json({ error: 'The sandbox answers to this machine only' });
    return;
  }
  next();
};
