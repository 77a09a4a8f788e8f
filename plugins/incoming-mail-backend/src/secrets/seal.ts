// SPDX-License-Identifier: Apache-2.0
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import { compactDecrypt, CompactEncrypt, decodeProtectedHeader } from 'jose';
import { Keyring, SecretPurpose } from './Keyring';
import { Secret } from './Secret';

// Sealed records are compact JWE (RFC 7516). The protected header, which is
// authenticated with the content, names the key (`kid`), the format (`typ`)
// and the record the secret belongs to (`ctx`, such as
// `integration:<id>:client-secret`). A record that was copied to another row,
// restored from elsewhere or altered therefore does not open.

const ALG = 'A256KW';
const ENC = 'A256GCM';
const TYPE = 'incoming-mail-v1';

/**
 * Seals a secret for one record.
 *
 * @param context - names the record; the same has to be given to {@link open}
 */
export async function seal(
  keyring: Keyring,
  options: { purpose: SecretPurpose; context: string; secret: Secret },
): Promise<string> {
  const kid = keyring.primaryKid;
  const key = keyring.find(kid, options.purpose);
  if (!key) {
    throw new MailFailure('vault-key-missing', `No vault key ${kid}`);
  }
  return new CompactEncrypt(Buffer.from(options.secret.reveal(), 'utf8'))
    .setProtectedHeader({
      alg: ALG,
      enc: ENC,
      typ: TYPE,
      kid,
      ctx: options.context,
    })
    .encrypt(key);
}

/**
 * Opens what {@link seal} sealed for the same record and purpose. Fails closed
 * with a `MailFailure`: `vault-key-missing` where the key is not configured,
 * `vault-record-unreadable` for everything else. Never yields the input.
 */
export async function open(
  keyring: Keyring,
  options: { purpose: SecretPurpose; context: string; sealed: string },
): Promise<Secret> {
  const header = readHeader(options.sealed);
  if (header.typ !== TYPE || header.ctx !== options.context) {
    throw new MailFailure(
      'vault-record-unreadable',
      `A sealed record does not belong to ${options.context}`,
    );
  }
  const key = keyring.find(header.kid, options.purpose);
  if (!key) {
    throw new MailFailure(
      'vault-key-missing',
      `The record ${options.context} is sealed with the vault key ${header.kid}, which is not configured`,
      { detail: `The vault key ${header.kid} is missing` },
    );
  }
  try {
    const { plaintext } = await compactDecrypt(options.sealed, key, {
      keyManagementAlgorithms: [ALG],
      contentEncryptionAlgorithms: [ENC],
    });
    return new Secret(Buffer.from(plaintext).toString('utf8'));
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * The id of the key that a record is sealed with, read without opening it, so
 * also where the key is not configured. Undefined where it is no sealed record.
 * Not authenticated: for counting and choosing, never for trusting.
 */
export function kidOf(sealed: string): string | undefined {
  try {
    const { typ, kid } = decodeProtectedHeader(sealed);
    return typ === TYPE && typeof kid === 'string' ? kid : undefined;
  } catch {
    // What cannot be read is sealed with no key that we know.
    return undefined;
  }
}

/**
 * How every record begins that {@link seal} sealed with a key, and no record
 * that it sealed with another: what a database can compare without being able
 * to read.
 */
export function sealedPrefixOf(kid: string): string {
  const header = JSON.stringify({
    alg: ALG,
    enc: ENC,
    typ: TYPE,
    kid,
    ctx: '',
  });
  // Without what closes the empty context; the quote that ends the kid stays
  // in, also when up to two bytes more are cut off: base64url writes three
  // bytes as four characters, and only whole groups are the same for all.
  const bytes = Buffer.from(header.slice(0, -'"}'.length), 'utf8');
  const whole = bytes.length - (bytes.length % 3);
  return bytes.subarray(0, whole).toString('base64url');
}

function readHeader(sealed: string): { typ: string; ctx: string; kid: string } {
  try {
    const { typ, ctx, kid } = decodeProtectedHeader(sealed);
    return { typ: String(typ), ctx: String(ctx), kid: String(kid) };
  } catch (error) {
    throw unreadable(error);
  }
}

function unreadable(cause: unknown): MailFailure {
  return new MailFailure(
    'vault-record-unreadable',
    'A sealed record could not be opened',
    { cause },
  );
}
