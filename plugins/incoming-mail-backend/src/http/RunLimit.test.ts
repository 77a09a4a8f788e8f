// SPDX-License-Identifier: Apache-2.0
import { RunLimit } from './RunLimit';

describe('RunLimit', () => {
  it('T26: refuses the sixth run of a person within a minute, and nobody else’s', () => {
    let now = 0;
    const limit = new RunLimit({ max: 5, windowMs: 60_000, now: () => now });
    for (let n = 0; n < 5; n += 1) {
      limit.take('user:default/ada');
      now += 1_000;
    }
    expect(() => limit.take('user:default/ada')).toThrow(
      expect.objectContaining({
        name: 'TooManyRequestsError',
        statusCode: 429,
        message: expect.stringContaining('in 55 seconds'),
      }),
    );
    expect(() => limit.take('user:default/olga')).not.toThrow();

    // The first of the five is out of the window now, the second is not.
    now = 60_000;
    expect(() => limit.take('user:default/ada')).not.toThrow();
    expect(() => limit.take('user:default/ada')).toThrow();
  });
});
