// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { attachmentName, MAX_NAME_BYTES } from './attachmentName';

describe('attachmentName', () => {
  it.each([
    ['report.pdf', 'report.pdf'],
    ['Prüfung – 日本.pdf', 'Prüfung – 日本.pdf'],
    ['u\u0308.txt', 'ü.txt'],
    ['../../etc/passwd', '_.._etc_passwd'],
    ['..\\..\\boot.ini', '_.._boot.ini'],
    ['C:\\x.txt', 'C__x.txt'],
    ['file.txt:stream', 'file.txt_stream'],
    ['.htaccess', 'htaccess'],
    [' . . .bashrc', 'bashrc'],
    ['\u200b.htaccess', 'htaccess'],
    ['a\r\nSet-Cookie: x', 'aSet-Cookie_ x'],
    ['a\0b.txt', 'ab.txt'],
    ['inv\u202Egnp.exe', 'invgnp.exe'],
    ['a\u2066b\u200fc', 'abc'],
    ['CON', '_CON'],
    ['con.txt', '_con.txt'],
    ['lpt1', '_lpt1'],
    ['console.txt', 'console.txt'],
    ['x.exe. .', 'x.exe'],
    ['a"b<c>|?*.txt', 'a_b_c____.txt'],
    ['tab\tand   spaces.txt', 'taband spaces.txt'],
    ['\ud83d.txt', '\ufffd.txt'],
    ['', 'attachment'],
    ['...', 'attachment'],
    [undefined, 'attachment'],
  ])('makes %j into %j', (claimed, name) => {
    expect(attachmentName(claimed, 'text/plain')).toBe(name);
  });

  it('calls a nameless forwarded mail one', () => {
    expect(attachmentName('', 'message/rfc822')).toBe('message.eml');
  });

  it('cuts a long name before its extension, never within a character', () => {
    const name = attachmentName(`${'ü'.repeat(500)}.pdf`, 'text/plain');
    expect(Buffer.byteLength(name)).toBe(MAX_NAME_BYTES);
    expect(name).toMatch(/^ü+\.pdf$/);
    expect(
      attachmentName(`a.${'x'.repeat(10_000)}`, 'text/plain'),
    ).toHaveLength(MAX_NAME_BYTES);
  });

  it('is never empty, long, hidden or more than a name (T47)', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), claimed => {
        const name = attachmentName(claimed, 'text/plain');
        expect(name).not.toMatch(
          // eslint-disable-next-line no-control-regex
          /^[. ]|[. ]$|^$|[/\\:"<>|?*\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e]|\p{Surrogate}/u,
        );
        expect(Buffer.byteLength(name)).toBeLessThanOrEqual(MAX_NAME_BYTES);
      }),
      { numRuns: 2_000 },
    );
  });
});
