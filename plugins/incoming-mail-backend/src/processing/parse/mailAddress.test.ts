// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { canonicalAddress, parseAddressList, parseFrom } from './mailAddress';
import { decodeWords } from './readMime';

const from = (...values: string[]) => parseFrom(values, decodeWords);

describe('canonicalAddress', () => {
  it.each([
    ['ann@example.com', 'ann@example.com'],
    [' ann@example.com ', 'ann@example.com'],
    ['Ann.B+tag@Example.COM', 'Ann.B+tag@example.com'],
    ["o'neil@example.com", "o'neil@example.com"],
    ['a!#$%&*/?=^_`{|}~-b@example.com', 'a!#$%&*/?=^_`{|}~-b@example.com'],
    ['root@localhost', 'root@localhost'],
    ['a@xn--bcher-kva.example', 'a@xn--bcher-kva.example'],
    ['a@1and1.example', 'a@1and1.example'],
    [`${'a'.repeat(64)}@example.com`, `${'a'.repeat(64)}@example.com`],
  ])('accepts %j', (spec, address) => {
    expect(canonicalAddress(spec)).toBe(address);
  });

  it.each([
    '',
    '@',
    'ann',
    'ann@',
    '@example.com',
    'ann@@example.com',
    'ann@evil.example@example.com',
    '"ann"@example.com',
    '"ann@evil.example"@example.com',
    '"ann evil"@example.com',
    'ann"x"@example.com',
    'ann\\@evil.example@example.com',
    'ann(comment)@example.com',
    'ann@(comment)example.com',
    'ann@example.com(comment)',
    'ann @example.com',
    'ann@ example.com',
    'ann smith@example.com',
    'ann@exam ple.com',
    '.ann@example.com',
    'ann.@example.com',
    'a..b@example.com',
    'ann@.example.com',
    'ann@example.com.',
    'ann@example..com',
    'ann@-example.com',
    'ann@example-.com',
    'ann@exam_ple.com',
    'ann@[192.0.2.1]',
    'ann@[IPv6:::1]',
    'ann@192.0.2.1.5.6.7',
    'ann@192.168.257',
    'ann@0x7f.1',
    'ann@example.com\0',
    'ann@example.com\0@evil.example',
    'ann\0@example.com',
    'ann@example.com\r\nBcc: x@y.example',
    'ann\n@example.com',
    'ann@exa\tmple.com',
    'änn@example.com',
    'ann@exämple.com',
    'ann@exаmple.com', // Cyrillic а
    'ann@example。com', // U+3002
    'ann＠example.com', // U+FF20
    'ann@example.com\u200b',
    'ann\u202e@example.com',
    '=?utf-8?Q?ann?=@example.com',
    '=?utf-8?B?YW5uQGV2aWwuZXhhbXBsZQ==?=@example.com',
    'ann@=?utf-8?Q?example.com?=',
    'ann=?@example.com',
    'ann@xn--zzzzzz99999.example',
    'ann@xn--a.example',
    '<ann@example.com>',
    'ann@example.com>',
    '@evil.example:ann@example.com',
    '@a,@b:ann@example.com',
    'ann,bob@example.com',
    'ann;bob@example.com',
    'mailto:ann@example.com',
    'ann@example.com?subject=x',
    'ann%evil.example@example.com@x',
    'ann@example.com/x',
    'ann@example.com:25',
    `${'a'.repeat(65)}@example.com`,
    `ann@${'a'.repeat(64)}.com`,
    `ann@${'a.'.repeat(130)}com`,
  ])('refuses %j', spec => {
    expect(canonicalAddress(spec)).toBeUndefined();
  });

  it('gives only plain addresses, and the domain that stands there (T33)', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc
        .array(
          fc.constantFrom(
            'a',
            'example.com',
            'evil.example',
            '@',
            '.',
            '"',
            '(',
            ')',
            '<',
            '>',
            '\\',
            '\0',
            ' ',
            '=?utf-8?Q?',
            '?=',
            ',',
            ':',
            ';',
            'é',
          ),
          { maxLength: 12 },
        )
        .map(parts => parts.join('')),
    );
    fc.assert(
      fc.property(text, spec => {
        const address = canonicalAddress(spec) ?? 'a@b';
        expect(address).toMatch(/^[\x21-\x7e]+@[a-z0-9.-]+$/);
        expect([spec.trim().toLowerCase(), 'a@b']).toContain(
          address.toLowerCase(),
        );
        // A From field gives none that is not such a one.
        const author = parseFrom([spec], text_ => text_)?.address ?? 'a@b';
        expect(canonicalAddress(author)).toBe(author);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe('parseFrom', () => {
  it.each([
    ['ann@example.com', undefined, 'ann@example.com'],
    ['<ann@example.com>', undefined, 'ann@example.com'],
    ['Ann <ann@example.com>', 'Ann', 'ann@example.com'],
    ['Ann<ann@example.com>', 'Ann', 'ann@example.com'],
    ['"Ann, B." <ann@example.com>', 'Ann, B.', 'ann@example.com'],
    [
      '"Ann \\"A\\" \\\\ B" <ann@example.com>',
      'Ann "A" \\ B',
      'ann@example.com',
    ],
    ['Ann (work) <ann@example.com>', 'Ann', 'ann@example.com'],
    ['root@host.example (Cron Daemon)', 'Cron Daemon', 'root@host.example'],
    [
      'root@host.example (Cron (nested) Daemon)',
      'Cron (nested) Daemon',
      'root@host.example',
    ],
    ['=?utf-8?Q?J=C3=BCrgen?= <j@example.com>', 'Jürgen', 'j@example.com'],
    ['"=?utf-8?Q?J=C3=BCrgen?=" <j@example.com>', 'Jürgen', 'j@example.com'],
    [
      '=?utf-8?Q?ceo=40good=2Eexample?= <x@evil.example>',
      'ceo@good.example',
      'x@evil.example',
    ],
    [
      '"ceo@good.example" <x@evil.example>',
      'ceo@good.example',
      'x@evil.example',
    ],
    ['=?utf-8?Q?a=0D=0Ab=00?= <j@example.com>', 'a b', 'j@example.com'],
    // From here on: shown, but not to be acted on.
    ['ann@example.com, bob@example.com', 'ann@example.com', undefined],
    ['Ann <ann@example.com>, Bob <bob@example.com>', 'Ann', undefined],
    ['Team: ann@example.com;', 'ann@example.com', undefined],
    ['Ann <ann@example.com> <bob@evil.example>', 'Ann', undefined],
    [
      'Ann <ann@example.com> bob@evil.example',
      'Ann  bob@evil.example',
      undefined,
    ],
    ['Ann <ann@example.com', 'Ann', undefined],
    ['"Ann <ann@example.com>', '"Ann <ann@example.com>', undefined],
    ['(Ann <ann@example.com>', 'Ann <ann@example.com>', undefined],
    ['ann@(x)example.com', 'x', undefined],
    ['ann@good.example (x) @evil.example', 'x', undefined],
    [
      '"ceo@good.example x"@evil.example',
      '"ceo@good.example x"@evil.example',
      undefined,
    ],
    [
      'ceo@good.example\0@evil.example',
      'ceo@good.example @evil.example',
      undefined,
    ],
    ['Ann\0 <ann@example.com>', 'Ann', undefined],
    ['Ann <"ann>"@example.com>', 'Ann @example.com>', undefined],
    ['Ann Example', 'Ann Example', undefined],
    ['=?utf-8?Q?ann=40example.com?=', 'ann@example.com', undefined],
  ])('reads %j as name %j and address %j', (value, name, address) => {
    expect(from(value)).toEqual({
      ...(name !== undefined && { name }),
      ...(address !== undefined && { address }),
    });
  });

  it.each(['', '   ', ';', ',,,', 'Undisclosed:;'])(
    'knows no author in %j',
    value => {
      expect(from(value)).toBeUndefined();
    },
  );

  it('gives no address where there are two From fields, even equal ones (T33)', () => {
    expect(from('Ann <a@b.example>', 'Ann <a@b.example>')).toEqual({
      name: 'Ann',
    });
    expect(from()).toBeUndefined();
  });

  it('takes time in proportion to the length of a hostile field', () => {
    for (const piece of [
      '(',
      '"',
      '<',
      '\\',
      ',',
      ';',
      ':',
      '@',
      '(x)a',
      'a:',
      '(@',
    ]) {
      expect(from(piece.repeat(250_000))?.address).toBeUndefined();
    }
  });
});

describe('parseAddressList', () => {
  const list = (...values: string[]) =>
    parseAddressList(values, { limit: 3, decodeWords });

  it('reads groups, semicolons and several fields, up to the limit', () => {
    expect(list('Team: a@x.example, B <b@x.example>; c@x.example')).toEqual([
      { address: 'a@x.example' },
      { name: 'B', address: 'b@x.example' },
      { address: 'c@x.example' },
    ]);
    expect(
      list('a@x.example; b@x.example', 'c@x.example', 'd@x.example').map(
        ({ address }) => address,
      ),
    ).toEqual(['a@x.example', 'b@x.example', 'c@x.example']);
    expect(list('undisclosed-recipients:;')).toEqual([]);
  });

  it('shows a malformed one without an address and goes on', () => {
    expect(list('"x y"@a.example, b@x.example')).toEqual([
      { name: '"x y"@a.example' },
      { address: 'b@x.example' },
    ]);
  });
});
