// SPDX-License-Identifier: Apache-2.0
import { networkFailureCode } from './networkFailureCode';

const coded = (code: string) => Object.assign(new Error(code), { code });

describe('networkFailureCode', () => {
  it.each([
    ['ECONNREFUSED', 'connection-refused'],
    ['ETIMEDOUT', 'connection-timed-out'],
    ['ENETUNREACH', 'connection-timed-out'],
    ['ENOTFOUND', 'host-not-found'],
    ['ECONNRESET', 'connection-lost'],
    ['EPROTO', 'tls-failed'],
    ['CERT_HAS_EXPIRED', 'tls-failed'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls-failed'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'tls-failed'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'tls-failed'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'tls-failed'],
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls-failed'],
  ])('reads %s as %s', (code, expected) => {
    expect(networkFailureCode(coded(code))).toBe(expected);
  });

  it('takes the last of several attempts', () => {
    const attempts = new AggregateError([
      coded('ENETUNREACH'),
      coded('ECONNREFUSED'),
    ]);
    expect(networkFailureCode(attempts)).toBe('connection-refused');
  });

  it('has no opinion on anything else', () => {
    for (const other of [
      coded('EACCES'),
      new Error('x'),
      undefined,
      'ENOENT',
    ]) {
      expect(networkFailureCode(other)).toBeUndefined();
    }
  });
});
