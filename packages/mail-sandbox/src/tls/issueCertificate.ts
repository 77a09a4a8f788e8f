// SPDX-License-Identifier: Apache-2.0
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  createSign,
  generateKeyPairSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import {
  bitString,
  boolean,
  der,
  explicit,
  objectId,
  octetString,
  sequence,
  unsignedInteger,
  utcTime,
  utf8String,
} from './der';

/** A private key and the certificate of its public one, both PEM. */
export interface CertifiedKey {
  readonly key: string;
  readonly cert: string;
}

/** Who signs: the common name in its certificate, and its key. */
export interface CertificateIssuer {
  readonly commonName: string;
  /** PEM. */
  readonly key: string;
}

export interface CertificateRequest {
  readonly commonName: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** DNS names and IP addresses it is for; an authority has none. */
  readonly names?: readonly string[];
  /** Without one it signs itself and is an authority. */
  readonly issuer?: CertificateIssuer;
}

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectKeyIdentifier: [0x55, 0x1d, 0x0e],
  keyUsage: [0x55, 0x1d, 0x0f],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  authorityKeyIdentifier: [0x55, 0x1d, 0x23],
  extendedKeyUsage: [0x55, 0x1d, 0x25],
  serverAuth: [0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x03, 0x01],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
};

/** keyCertSign is the sixth bit (RFC 5280 section 4.2.1.3). */
const KEY_CERT_SIGN = bitString(Buffer.from([0x04]), 2);
/** digitalSignature is the first. */
const DIGITAL_SIGNATURE = bitString(Buffer.from([0x80]), 7);

const VERSION_3 = explicit(0, unsignedInteger(Buffer.from([2])));

/**
 * Makes a key (P-256) and a certificate for it (X.509 version 3, RFC 5280).
 * Node has no builder for one, and no other program is there on every system.
 */
export function issueCertificate(request: CertificateRequest): CertifiedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
  });
  const signer: { commonName: string; key: KeyObject } = request.issuer
    ? { ...request.issuer, key: createPrivateKey(request.issuer.key) }
    : { commonName: request.commonName, key: privateKey };
  const algorithm = sequence(objectId(OID.ecdsaWithSha256));
  const toBeSigned = sequence(
    VERSION_3,
    unsignedInteger(serialNumber()),
    algorithm,
    distinguishedName(signer.commonName),
    sequence(utcTime(request.notBefore), utcTime(request.notAfter)),
    distinguishedName(request.commonName),
    publicKey.export({ type: 'spki', format: 'der' }),
    explicit(3, sequence(...extensions(request, publicKey, signer.key))),
  );
  const signature = createSign('sha256').update(toBeSigned).sign(signer.key);
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: toPem(sequence(toBeSigned, algorithm, bitString(signature))),
  };
}

/** Not zero, and positive without a leading octet (section 4.1.2.2). */
function serialNumber(): Buffer {
  const octets = randomBytes(16);
  octets[0] = (octets[0] & 0x7f) | 0x40;
  return octets;
}

function distinguishedName(commonName: string): Buffer {
  const attribute = sequence(objectId(OID.commonName), utf8String(commonName));
  return sequence(der(0x31, attribute));
}

function extensions(
  { issuer, names = [] }: CertificateRequest,
  publicKey: KeyObject,
  signer: KeyObject,
): Buffer[] {
  const identifiers = [
    extension(OID.subjectKeyIdentifier, octetString(keyIdentifier(publicKey))),
    extension(
      OID.authorityKeyIdentifier,
      sequence(der(0x80, keyIdentifier(createPublicKey(signer)))),
    ),
  ];
  if (!issuer) {
    return [
      criticalExtension(OID.basicConstraints, sequence(boolean(true))),
      criticalExtension(OID.keyUsage, KEY_CERT_SIGN),
      ...identifiers,
    ];
  }
  return [
    criticalExtension(OID.basicConstraints, sequence()),
    criticalExtension(OID.keyUsage, DIGITAL_SIGNATURE),
    extension(OID.extendedKeyUsage, sequence(objectId(OID.serverAuth))),
    extension(OID.subjectAltName, sequence(...names.map(generalName))),
    ...identifiers,
  ];
}

function extension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectId(id), octetString(value));
}

function criticalExtension(id: readonly number[], value: Buffer): Buffer {
  return sequence(objectId(id), boolean(true), octetString(value));
}

/** Any digest of the key will do (section 4.2.1.2). */
function keyIdentifier(publicKey: KeyObject): Buffer {
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(spki).digest().subarray(0, 20);
}

/** A name for which the certificate is (section 4.2.1.6). */
function generalName(name: string): Buffer {
  if (isIPv4(name)) return der(0x87, name.split('.').map(Number));
  if (isIPv6(name)) return der(0x87, ipv6Octets(name));
  return der(0x82, Buffer.from(name, 'ascii'));
}

/** Takes the compressed form without an IPv4 part. */
function ipv6Octets(address: string): number[] {
  const [head, tail] = address.split('::').map(groupsOf);
  const gap = tail ? 8 - head.length - tail.length : 0;
  return [...head, ...Array<number>(gap).fill(0), ...(tail ?? [])].flatMap(
    group => [group >> 8, group & 0xff],
  );
}

function groupsOf(part: string): number[] {
  return part === '' ? [] : part.split(':').map(text => parseInt(text, 16));
}

function toPem(certificate: Buffer): string {
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return [
    '-----BEGIN CERTIFICATE-----',
    ...lines,
    '-----END CERTIFICATE-----',
    '',
  ].join('\n');
}
