// SPDX-License-Identifier: Apache-2.0
import { createSign, generateKeyPairSync } from 'node:crypto';

/** A key and the certificate that it signed for itself, both PEM. */
export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;

const OID = {
  commonName: [0x55, 0x04, 0x03],
  subjectAltName: [0x55, 0x1d, 0x11],
  basicConstraints: [0x55, 0x1d, 0x13],
  rsaWithSha256: [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
};

/**
 * Makes a throw-away certificate (X.509 version 3, RFC 5280), so that no
 * private key has to lie in the repository and none can expire there.
 *
 * @param options - name: the DNS name that it is for; validDays: from now, may
 * be negative for an expired one; rsaBits: the length of an RSA key, in the
 * place of one on P-256
 */
export function selfSignedCertificate(options: {
  name: string;
  validDays?: number;
  rsaBits?: number;
}): TestCertificate {
  const { rsaBits } = options;
  const { privateKey, publicKey } =
    rsaBits === undefined
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: rsaBits });
  const algorithm =
    rsaBits === undefined
      ? sequence(oid(OID.ecdsaWithSha256))
      : // RFC 4055 section 5: with NULL for parameters.
        sequence(oid(OID.rsaWithSha256), der(0x05, []));
  const toBeSigned = sequence(
    tagged(0, der(0x02, [2])),
    der(0x02, [1 + Math.floor(Math.random() * 127)]),
    algorithm,
    distinguishedName(options.name),
    validity(options.validDays ?? 1),
    distinguishedName(options.name),
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(subjectAltName(options.name), basicConstraints())),
  );
  const signature = createSign('sha256').update(toBeSigned).sign(privateKey);
  const certificate = sequence(toBeSigned, algorithm, bitString(signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: toPem(certificate),
  };
}

function der(tag: number, content: Uint8Array | readonly number[]): Buffer {
  const { length } = content;
  // X.690 section 8.1.3: short form below 128, else the count of length octets.
  const header =
    length < 0x80 ? [length] : [0x82, Math.floor(length / 256), length % 256];
  return Buffer.from([tag, ...header, ...content]);
}

function sequence(...parts: Uint8Array[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

function tagged(number: number, content: Uint8Array): Buffer {
  return der(0xa0 + number, content);
}

function oid(bytes: readonly number[]): Buffer {
  return der(0x06, bytes);
}

function bitString(content: Uint8Array): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), content]));
}

function distinguishedName(name: string): Buffer {
  const attribute = sequence(oid(OID.commonName), der(0x0c, Buffer.from(name)));
  return sequence(der(0x31, attribute));
}

function validity(days: number): Buffer {
  const ends = Date.now() + days * DAY_MS;
  return sequence(utcTime(ends - 2 * DAY_MS), utcTime(ends));
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replace(/\D/g, '').slice(2, 14);
  return der(0x17, Buffer.from(`${digits}Z`));
}

function subjectAltName(name: string): Buffer {
  const dnsName = der(0x82, Buffer.from(name));
  return sequence(oid(OID.subjectAltName), der(0x04, sequence(dnsName)));
}

function basicConstraints(): Buffer {
  const isAuthority = der(0x01, [0xff]);
  return sequence(
    oid(OID.basicConstraints),
    der(0x01, [0xff]),
    der(0x04, sequence(isAuthority)),
  );
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
