// SPDX-License-Identifier: Apache-2.0
import { parseMessageIds } from './messageIds';

describe('parseMessageIds', () => {
  it.each([
    ['<a@b>', ['a@b']],
    ['<a@b> <c@d>\t<e@f>', ['a@b', 'c@d', 'e@f']],
    ['<a@b><c@d>', ['a@b', 'c@d']],
    ['Your message of Monday <a@b> "x"', ['a@b']],
    ['<a @\r\n b>', ['a@b']],
    ['<a\0@b\x7f>', ['a@b']],
    ['<no-at-sign>', ['no-at-sign']],
    ['bare@mail.example', ['bare@mail.example']],
    ['two words@mail.example', []],
    ['<>', []],
    ['<<a@b>>', ['a@b']],
    ['<a@b', []],
    ['', []],
    [`<${'x'.repeat(999)}>`, []],
    [`<${'x'.repeat(998)}>`, ['x'.repeat(998)]],
  ])('finds in %j', (value, ids) => {
    expect(parseMessageIds(value)).toEqual(ids);
  });

  it('takes time in proportion to the length', () => {
    expect(parseMessageIds('<'.repeat(500_000))).toEqual([]);
    expect(parseMessageIds('<a'.repeat(250_000))).toEqual([]);
  });
});
