// SPDX-License-Identifier: Apache-2.0
import { inspect } from 'node:util';
import { MailFailure } from '@postroom/plugin-incoming-mail-node';
import fc from 'fast-check';
import { CompactEncrypt } from 'jose';
import { Keyring, KeyringKey } from './Keyring';
import { hashToken, randomToken, tokensMatch } from './randomToken';
import { kidOf, open, seal, sealedPrefixOf } from './seal';
import { Secret } from './Secret';
import { withoutSecrets } from './withoutSecrets';

const PATH = 'incomingMail.vault.keys';
const aKey = (kid: string): KeyringKey => ({ kid, secret: randomToken() });

describe('Secret', () => {
  it('gives its value away in one way only', () => {
    const secret = new Secret('hunter2');
    const prints = [
      String(secret),
      `${secret}`,
      JSON.stringify({ secret }),
      inspect({ deep: { secret } }),
      inspect(secret, { showHidden: true }),
      Object.values(secret).join(),
    ];
    expect(prints.join()).not.toContain('hunter2');
    expect(JSON.stringify({ secret })).toBe('{"secret":"[secret]"}');
    expect(secret.reveal()).toBe('hunter2');
  });
});

describe('withoutSecrets', () => {
  it('T19: takes a secret out however and wherever it is encoded', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 12, maxLength: 60, unit: 'grapheme-ascii' }),
        fc.string({ maxLength: 10 }),
        fc.string({ maxLength: 10 }),
        fc.constantFrom('base64' as const, 'base64url' as const),
        (secret, before, after, encoding) => {
          const whole = Buffer.from(before + secret + after).toString(encoding);
          const clean = withoutSecrets(
            `plain ${secret} url ${encodeURIComponent(secret)} and ${whole}.`,
            [new Secret(secret)],
          );
          expect(clean).not.toContain(secret);
          expect(clean).toContain('[secret]');
          const rest = clean.slice(clean.indexOf(' and ') + 5, -1);
          for (const part of rest.split('[secret]')) {
            expect(Buffer.from(part, encoding).toString()).not.toContain(
              secret.slice(2, -2),
            );
          }
        },
      ),
    );
  });

  it('leaves other text alone', () => {
    const text = 'AADSTS700082: The refresh token has expired.';
    expect(withoutSecrets(text, [new Secret('hunter2-hunter2')])).toBe(text);
    expect(withoutSecrets(text, [new Secret('')])).toBe(text);
    expect(withoutSecrets(text, [])).toBe(text);
  });
});

describe('Keyring', () => {
  it('refuses to be without a key and says where to put one and how to make it (T16)', () => {
    expect(() => new Keyring([], PATH)).toThrow(
      /No vault key is configured at incomingMail\.vault\.keys.*randomBytes\(32\)/s,
    );
  });

  it.each([
    ['too short', 'c2hvcnQ'],
    ['not base64url', '*'.repeat(43)],
    ['a passphrase', 'correct horse battery staple correct horse b'],
  ])('refuses a key that is %s, by its place', (_, secret) => {
    expect(() => new Keyring([aKey('a'), { kid: 'b', secret }], PATH)).toThrow(
      'incomingMail.vault.keys[1].secret is not 32 bytes',
    );
  });

  it('refuses two keys of one name', () => {
    expect(() => new Keyring([aKey('a'), aKey('a')], PATH)).toThrow('same kid');
  });

  it('derives another key for each purpose', () => {
    const keyring = new Keyring([aKey('a')], PATH);
    expect(keyring.find('a', 'token')).not.toEqual(
      keyring.find('a', 'verifier'),
    );
    expect(keyring.find('b', 'token')).toBeUndefined();
  });
});

describe('seal and open', () => {
  const key = aKey('2026');
  const keyring = new Keyring([key], PATH);
  const context = 'grant:1:refresh';
  const sealToken = (text: string) =>
    seal(keyring, { purpose: 'token', context, secret: new Secret(text) });

  it('open what was sealed for the same record, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async text => {
        fc.pre(Buffer.from(text).toString() === text);
        const sealed = await sealToken(text);
        const opened = await open(keyring, {
          purpose: 'token',
          context,
          sealed,
        });
        expect(opened.reveal()).toBe(text);
      }),
      { numRuns: 50 },
    );
  });

  it('hide the secret and never seal the same way twice', async () => {
    const [first, second] = await Promise.all([
      sealToken('hunter2-hunter2'),
      sealToken('hunter2-hunter2'),
    ]);
    expect(first).not.toBe(second);
    for (const form of ['utf8', 'base64', 'base64url', 'hex'] as const) {
      expect(first).not.toContain(
        Buffer.from('hunter2-hunter2').toString(form),
      );
    }
  });

  it('fail closed for another record, purpose, key, or altered bytes (T16, T17)', async () => {
    const sealed = await sealToken('hunter2');
    const refused = async (
      options: Partial<Parameters<typeof open>[1]>,
      ring = keyring,
    ) => {
      const error = await open(ring, {
        purpose: 'token',
        context,
        sealed,
        ...options,
      }).catch(e => e);
      expect(MailFailure.is(error)).toBe(true);
      expect(String(error)).not.toContain('hunter2');
      return error.code;
    };
    const unreadable = 'vault-record-unreadable';
    expect(await refused({ context: 'grant:2:refresh' })).toBe(unreadable);
    expect(await refused({ purpose: 'verifier' })).toBe(unreadable);
    expect(await refused({ sealed: 'hunter2' })).toBe(unreadable);
    expect(await refused({ sealed: '' })).toBe(unreadable);
    const parts = sealed.split('.');
    for (let n = 0; n < parts.length; n += 1) {
      const altered = parts.map((part, m) => (m === n ? flip(part) : part));
      expect(await refused({ sealed: altered.join('.') })).toMatch(/^vault-/);
    }
    expect(await refused({}, new Keyring([aKey('other')], PATH))).toBe(
      'vault-key-missing',
    );
    expect(
      await refused({}, new Keyring([{ ...aKey('x'), kid: '2026' }], PATH)),
    ).toBe(unreadable);
  });

  it('seal with the first key and open with any configured one', async () => {
    const sealed = await sealToken('hunter2');
    const rotated = new Keyring([aKey('2027'), key], PATH);
    const opened = await open(rotated, { purpose: 'token', context, sealed });
    expect(opened.reveal()).toBe('hunter2');
    expect(rotated.primaryKid).toBe('2027');
  });
});

describe('kidOf and sealedPrefixOf', () => {
  it('T18: tell the key of a record from every other, without opening it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ minLength: 1, maxLength: 40 }),
        fc.string({ minLength: 1, maxLength: 3 }),
        fc.uuid(),
        async (kid, more, id) => {
          const sealed = await seal(new Keyring([aKey(kid)], PATH), {
            purpose: 'token',
            context: `grant:${id}:refresh`,
            secret: new Secret('hunter2'),
          });
          expect(kidOf(sealed)).toBe(kid);
          expect(sealed.startsWith(sealedPrefixOf(kid))).toBe(true);
          for (const other of [kid + more, more + kid, kid.slice(0, -1)]) {
            expect(sealed.startsWith(sealedPrefixOf(other))).toBe(false);
          }
        },
      ),
      { numRuns: 100 },
    );
  });

  it('know no key of what is no sealed record', async () => {
    const foreign = await new CompactEncrypt(Buffer.from('x'))
      .setProtectedHeader({ alg: 'A256KW', enc: 'A256GCM', kid: 'mine' })
      .encrypt(new Uint8Array(32));
    for (const text of ['', 'hunter2', 'a.b.c.d.e', foreign]) {
      expect(kidOf(text)).toBeUndefined();
    }
  });
});

describe('random tokens', () => {
  it('have 256 bits, differ, and match their hash only (T6, T65)', () => {
    const tokens = Array.from({ length: 1_000 }, () => randomToken());
    expect(new Set(tokens).size).toBe(1_000);
    expect(Buffer.from(tokens[0], 'base64url')).toHaveLength(32);
    expect(tokensMatch(tokens[0], hashToken(tokens[0]))).toBe(true);
    expect(tokensMatch(tokens[1], hashToken(tokens[0]))).toBe(false);
    expect(tokensMatch(tokens[1], '')).toBe(false);
  });
});

function flip(part: string): string {
  const first = part[0] === 'A' ? 'B' : 'A';
  return first + part.slice(1);
}
