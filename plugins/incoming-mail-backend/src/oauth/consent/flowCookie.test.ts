// SPDX-License-Identifier: Apache-2.0
import { flowCookie, readCookie } from './flowCookie';

describe('flowCookie', () => {
  it('is bound to host and https wherever there is https', () => {
    expect(flowCookie('12345678-9', 'https://portal.test/api')).toEqual({
      name: '__Host-incoming-mail-12345678',
      options: {
        httpOnly: true,
        secure: true,
        sameSite: 'lax',
        path: '/',
        maxAge: 600_000,
      },
    });
    expect(flowCookie('12345678-9', 'http://localhost:7007/api')).toMatchObject(
      { name: 'incoming-mail-12345678', options: { secure: false } },
    );
  });
});

describe('readCookie', () => {
  it.each([
    ['a=1; b=2', '2'],
    ['b=2', '2'],
    ['b=2=3;a=1', '2=3'],
    ['xb=2', undefined],
    ['b', undefined],
    ['b=1; b=2', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('finds b in %s: %s', (header, value) => {
    expect(readCookie(header, 'b')).toBe(value);
  });
});
