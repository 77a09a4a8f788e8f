// SPDX-License-Identifier: Apache-2.0
import { parseMailDate } from './mailDate';

describe('parseMailDate', () => {
  it.each([
    ['Tue, 1 Jan 2030 12:00:00 +0100', '2030-01-01T11:00:00.000Z'],
    ['1 Jan 2030 12:00 -0530', '2030-01-01T17:30:00.000Z'],
    ['Tue, 01 Jan 30 12:00:00 GMT', '2030-01-01T12:00:00.000Z'],
    ['Tue, 01 Jan 99 12:00:00 UT', '1999-01-01T12:00:00.000Z'],
    ['Tue, 1 Jan 2030 12:00:00 EST', '2030-01-01T17:00:00.000Z'],
    ['Tue, 1 Jan 2030 12:00:00 +0000 (UTC)', '2030-01-01T12:00:00.000Z'],
    ['Tue,  1 Jan 2030\t12:00:00 +0000', '2030-01-01T12:00:00.000Z'],
  ])('reads %j', (value, iso) => {
    expect(parseMailDate(value)?.toISOString()).toBe(iso);
  });

  it.each([
    '',
    'yesterday',
    '2030-01-01T12:00:00Z',
    'Tue, 1 Jan 2030 12:00:00',
    'Tue, 1 Foo 2030 12:00:00 +0000',
    'Tue, 99 Jan 2030 12:00:00 +0000',
    'Tue, 1 Jan 2030 99:00:00 +0000',
    'Tue, 1 Jan 1969 12:00:00 +0000',
    'Tue, 1 Jan 12030 12:00:00 +0000',
    'Tue, 1 Jan 2030 12:00:00 NOWHERE',
    ' '.repeat(100_000),
  ])('does not read %j', value => {
    expect(parseMailDate(value)).toBeUndefined();
  });
});
