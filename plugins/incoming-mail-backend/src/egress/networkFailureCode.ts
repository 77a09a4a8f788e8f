// SPDX-License-Identifier: Apache-2.0
import { FailureCode } from '@postroom/plugin-incoming-mail-common';

const CODES = new Map<string, FailureCode>([
  ['ECONNREFUSED', 'connection-refused'],
  ['ETIMEDOUT', 'connection-timed-out'],
  ['EHOSTUNREACH', 'connection-timed-out'],
  ['ENETUNREACH', 'connection-timed-out'],
  ['EHOSTDOWN', 'connection-timed-out'],
  ['ENOTFOUND', 'host-not-found'],
  ['EAI_AGAIN', 'host-not-found'],
  ['ECONNRESET', 'connection-lost'],
  ['ECONNABORTED', 'connection-lost'],
  ['EPIPE', 'connection-lost'],
  ['EPROTO', 'tls-failed'],
]);

// OpenSSL's verdicts on a certificate as Node names them (X509_V_ERR_…), and
// Node's own TLS errors.
const TLS_CODE =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|CRL_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH)/;

/**
 * What a socket's or TLS error means, or undefined for an error that is
 * neither. Of several attempts (one host, several addresses) the last decides.
 */
export function networkFailureCode(error: unknown): FailureCode | undefined {
  if (typeof error !== 'object' || error === null) {
    return undefined;
  }
  if ('errors' in error && Array.isArray(error.errors)) {
    const found = networkFailureCode(error.errors.at(-1));
    if (found) {
      return found;
    }
  }
  const code = 'code' in error ? error.code : undefined;
  if (typeof code !== 'string') {
    return undefined;
  }
  return TLS_CODE.test(code) ? 'tls-failed' : CODES.get(code);
}
