// SPDX-License-Identifier: Apache-2.0
import * as tls from 'node:tls';

/**
 * The `ca` option for a TLS connection: the authorities that this Node trusts
 * anyway, and those of the configuration. Without extra ones the option is left
 * out, as setting it at all replaces Node's list.
 *
 * @param extra - PEM certificates from app-config
 */
export function trustedAuthorities(
  extra: readonly string[] | undefined,
): string[] | undefined {
  return extra?.length ? [...defaultAuthorities(), ...extra] : undefined;
}

// `getCACertificates` also knows NODE_EXTRA_CA_CERTS, but only came with
// Node 22.15; on Node 20 these have to be named in app-config as well.
function defaultAuthorities(): readonly string[] {
  const { getCACertificates } = tls as {
    getCACertificates?: (type: 'default') => string[];
  };
  return getCACertificates?.('default') ?? tls.rootCertificates;
}
