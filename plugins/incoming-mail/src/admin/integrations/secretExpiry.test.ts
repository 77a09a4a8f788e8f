// SPDX-License-Identifier: Apache-2.0
import { anIntegration } from '../../__testUtils__/samples';
import { secretExpiryOf } from './secretExpiry';

// Late in the evening: hours do not count, only days.
const today = new Date(2026, 1, 27, 23, 30);

describe('secretExpiryOf', () => {
  it.each([
    ['2026-02-26', -1, 'error'],
    ['2026-02-27', 0, 'warning'],
    ['2026-02-28', 1, 'warning'],
    ['2026-03-29', 30, 'warning'],
    ['2026-03-30', 31, 'success'],
    ['2028-02-27', 730, 'success'],
  ])('P18: judges %s: %s days, %s', (expiresOn, days, severity) => {
    const integration = anIntegration({
      clientSecret: { set: true, expiresOn },
    });
    expect(secretExpiryOf(integration, today)).toEqual({
      expiresOn,
      days,
      severity,
    });
  });

  it('knows nothing without a secret or a date', () => {
    for (const clientSecret of [
      { set: true },
      { set: false, expiresOn: '2026-02-28' },
    ]) {
      expect(
        secretExpiryOf(anIntegration({ clientSecret }), today),
      ).toBeUndefined();
    }
  });
});
