// SPDX-License-Identifier: Apache-2.0
import { Secret } from './Secret';

// Shorter runs are found in innocent text as well.
const MIN_ENCODED_LENGTH = 8;

/**
 * Text from outside, without the secrets that were sent there and that it may
 * repeat: as they are, URL-encoded, or in base64, also inside something longer
 * such as Basic credentials or an XOAUTH2 response.
 */
export function withoutSecrets(
  text: string,
  secrets: readonly Secret[],
): string {
  return secrets
    .flatMap(secret => formsOf(secret.reveal()))
    .reduce((rest, form) => rest.replaceAll(form, '[secret]'), text);
}

function formsOf(secret: string): string[] {
  return [
    secret,
    encodeURIComponent(secret),
    ...[0, 1, 2].flatMap(offset => base64Cores(secret, offset)),
  ].filter(form => form !== '');
}

/**
 * The characters of base64 that depend on the secret alone, where `offset`
 * bytes modulo three stand before it.
 */
function base64Cores(secret: string, offset: number): string[] {
  const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)]);
  const encoded = bytes.toString('base64url');
  // Of the first and last group of four, some characters also hold bits of
  // the neighbours.
  const core = encoded.slice(
    offset === 0 ? 0 : offset + 1,
    bytes.length % 3 === 0 ? undefined : -1,
  );
  return core.length < MIN_ENCODED_LENGTH
    ? []
    : [core, core.replaceAll('-', '+').replaceAll('_', '/')];
}
