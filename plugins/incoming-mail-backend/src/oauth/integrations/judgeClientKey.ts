// SPDX-License-Identifier: Apache-2.0
import { createPrivateKey, KeyObject, X509Certificate } from 'node:crypto';
import {
  ClientKeyInput,
  microsoftCloudOf,
} from '@postroom/plugin-incoming-mail-common';
import { FieldError } from '../../http';
import { Secret } from '../../secrets';
import { IntegrationSettings, JudgedClientKey } from './types';

/** Whether what was entered can be signed with. */
export type ClientKeyVerdict =
  | { readonly kind: 'accepted'; readonly key: JudgedClientKey }
  | { readonly kind: 'refused'; readonly errors: readonly FieldError[] };

const NO_KEY = 'is not a private key in PEM form';

const KEY = 'body.clientKey.privateKey';
const CERTIFICATE = 'body.clientKey.certificate';

// RFC 7518 sections 3.3 and 3.5. Above the upper bound a signature takes
// seconds of a core.
const MIN_RSA_BITS = 2_048;
const MAX_RSA_BITS = 8_192;

/**
 * Judges a key and its certificate as they were pasted, each of which may
 * stand in one file with the other. Nothing of what was entered is repeated in
 * a message.
 */
export function judgeClientKey(
  input: ClientKeyInput,
  options: { settings: IntegrationSettings; now: Date },
): ClientKeyVerdict {
  const key = readPrivateKey(input.privateKey);
  const keyError =
    key instanceof KeyObject ? findKeyError(key, options.settings) : key;
  if (!(key instanceof KeyObject) || keyError) {
    return refused(KEY, keyError ?? NO_KEY);
  }
  const certificate =
    input.certificate === undefined
      ? undefined
      : readCertificate(input.certificate);
  if (typeof certificate === 'string') {
    return refused(CERTIFICATE, certificate);
  }
  const certificateError =
    certificate && findCertificateError(certificate, key, options.now);
  return certificateError
    ? refused(CERTIFICATE, certificateError)
    : {
        kind: 'accepted',
        key: {
          privateKey: new Secret(toPem(key)),
          certificate: certificate?.toString(),
        },
      };
}

/** The calendar day, in UTC, on which a certificate ends. */
export function lastDayOf(certificate: string): string {
  const { validTo } = new X509Certificate(certificate);
  return new Date(validTo).toISOString().slice(0, 10);
}

/** A certificate's SHA-1 in hexadecimal digits, by which Azure lists it. */
export function sha1Of(certificate: string): string {
  return new X509Certificate(certificate).fingerprint.replaceAll(':', '');
}

// RFC 7468 section 11, and the header that OpenSSL writes into older forms.
const encryptedPattern =
  /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: 4,ENCRYPTED/m;

function readPrivateKey(pem: string): KeyObject | string {
  if (encryptedPattern.test(pem)) {
    return 'is encrypted with a passphrase; enter it decrypted, it is stored encrypted here';
  }
  try {
    return createPrivateKey(pem);
  } catch {
    // OpenSSL's words for it differ with its version and help nobody.
    return NO_KEY;
  }
}

function findKeyError(
  key: KeyObject,
  { tokenEndpoint }: IntegrationSettings,
): string | undefined {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const { modulusLength = 0, namedCurve } = asymmetricKeyDetails ?? {};
  if (asymmetricKeyType === 'rsa') {
    if (modulusLength < MIN_RSA_BITS) {
      return `is an RSA key of ${modulusLength} bits; it needs at least ${MIN_RSA_BITS}`;
    }
    return modulusLength > MAX_RSA_BITS
      ? `is an RSA key of ${modulusLength} bits; ${MAX_RSA_BITS} are enough`
      : undefined;
  }
  if (microsoftCloudOf(tokenEndpoint)) {
    return 'has to be an RSA key: Microsoft takes no other';
  }
  return asymmetricKeyType === 'ec' && namedCurve === 'prime256v1'
    ? undefined
    : 'has to be an RSA key, or an EC key on the curve P-256';
}

function readCertificate(pem: string): X509Certificate | string {
  try {
    return new X509Certificate(pem);
  } catch {
    // As above.
    return 'is not a certificate in PEM form';
  }
}

function findCertificateError(
  certificate: X509Certificate,
  key: KeyObject,
  now: Date,
): string | undefined {
  if (!certificate.checkPrivateKey(key)) {
    return 'does not belong to the private key';
  }
  return Date.parse(certificate.validTo) <= now.getTime()
    ? `ended on ${certificate.validTo}`
    : undefined;
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function refused(path: string, message: string): ClientKeyVerdict {
  return { kind: 'refused', errors: [{ path, message }] };
}
