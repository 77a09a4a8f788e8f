// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync, KeyObject } from 'node:crypto';
import { selfSignedCertificate } from '../../__testUtils__/selfSignedCertificate';
import { anIntegrationRecord } from '../__testUtils__/integrationRecord';
import { judgeClientKey, lastDayOf, sha1Of } from './judgeClientKey';

const DAY_MS = 86_400_000;
const now = new Date();

const rsa = selfSignedCertificate({ name: 'a', rsaBits: 2_048, validDays: 90 });
const ec = selfSignedCertificate({ name: 'b' });
const ended = selfSignedCertificate({
  name: 'c',
  rsaBits: 2_048,
  validDays: -1,
});
const MICROSOFT =
  'https://login.microsoftonline.com/corp.test/oauth2/v2.0/token';

function judge(
  clientKey: { privateKey: string; certificate?: string },
  tokenEndpoint?: string,
) {
  const { settings } = anIntegrationRecord(
    tokenEndpoint === undefined ? {} : { tokenEndpoint },
  );
  return judgeClientKey(clientKey, { settings, now });
}

const pemOf = (
  key: KeyObject,
  type: 'pkcs1' | 'pkcs8' | 'sec1',
  passphrase?: string,
) =>
  key
    .export({
      type: type as 'pkcs8',
      format: 'pem',
      ...(passphrase && { cipher: 'aes-256-cbc', passphrase }),
    })
    .toString();

const rsaKey = (modulusLength: number) =>
  generateKeyPairSync('rsa', { modulusLength }).privateKey;
const ecKey = (namedCurve: string) =>
  generateKeyPairSync('ec', { namedCurve }).privateKey;

describe('judgeClientKey', () => {
  it('takes a key in each usual form, and keeps it in one', () => {
    const long = rsaKey(2_048);
    const curve = ecKey('P-256');
    for (const privateKey of [
      pemOf(long, 'pkcs1'),
      pemOf(long, 'pkcs8'),
      pemOf(curve, 'sec1'),
      pemOf(curve, 'pkcs8'),
    ]) {
      const verdict = judge({ privateKey });
      expect(verdict.kind).toBe('accepted');
      expect(
        verdict.kind === 'accepted' && verdict.key.privateKey.reveal(),
      ).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    }
  });

  it('finds each in the one file that holds both', () => {
    const both = `${rsa.cert}${rsa.key}`;
    const verdict = judge({ privateKey: both, certificate: both }, MICROSOFT);
    expect(verdict.kind).toBe('accepted');
    const key = verdict.kind === 'accepted' ? verdict.key : undefined;
    expect(key!.certificate).not.toContain('PRIVATE KEY');
    expect(lastDayOf(key!.certificate!)).toBe(
      new Date(now.getTime() + 90 * DAY_MS).toISOString().slice(0, 10),
    );
    expect(sha1Of(key!.certificate!)).toMatch(/^[0-9A-F]{40}$/);
  });

  it.each<
    [string, { privateKey: string; certificate?: string }, string, RegExp]
  >([
    ['no key', { privateKey: 'abc' }, 'privateKey', /not a private key/],
    [
      'a certificate in the place of the key',
      { privateKey: rsa.cert },
      'privateKey',
      /not a private key/,
    ],
    [
      'an encrypted key',
      { privateKey: pemOf(rsaKey(2_048), 'pkcs8', 'pass') },
      'privateKey',
      /encrypted with a passphrase/,
    ],
    [
      'an encrypted key in the older form',
      { privateKey: pemOf(rsaKey(2_048), 'pkcs1', 'pass') },
      'privateKey',
      /encrypted with a passphrase/,
    ],
    [
      'a short RSA key',
      { privateKey: pemOf(rsaKey(1_024), 'pkcs8') },
      'privateKey',
      /1024 bits; it needs at least 2048/,
    ],
    [
      'another curve',
      { privateKey: pemOf(ecKey('P-384'), 'pkcs8') },
      'privateKey',
      /curve P-256/,
    ],
    [
      'no certificate',
      { privateKey: rsa.key, certificate: rsa.key },
      'certificate',
      /not a certificate/,
    ],
    [
      'another key’s certificate',
      { privateKey: rsa.key, certificate: ec.cert },
      'certificate',
      /does not belong/,
    ],
    [
      'a certificate that has ended',
      { privateKey: ended.key, certificate: ended.cert },
      'certificate',
      /^ended on/,
    ],
  ])('refuses %s', (_title, clientKey, field, message) => {
    const verdict = judge(clientKey);
    expect(verdict).toEqual({
      kind: 'refused',
      errors: [
        {
          path: `body.clientKey.${field}`,
          message: expect.stringMatching(message),
        },
      ],
    });
    expect(JSON.stringify(verdict)).not.toContain(
      clientKey.privateKey.slice(40, 80) || 'abc',
    );
  });

  it('refuses an EC key at Microsoft, and nowhere else', () => {
    const clientKey = { privateKey: ec.key, certificate: ec.cert };
    expect(judge(clientKey).kind).toBe('accepted');
    expect(judge(clientKey, MICROSOFT)).toMatchObject({ kind: 'refused' });
  });
});
