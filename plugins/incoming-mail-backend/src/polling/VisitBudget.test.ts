// SPDX-License-Identifier: Apache-2.0
import { Visit } from './types';
import { VisitBudget } from './VisitBudget';

function aBudget(waiting = 0) {
  const visit = {
    mailbox: {},
    deps: {
      policy: { messagesPerVisit: 100, maxWaiting: 500 },
      queue: { countWaiting: async () => waiting },
    },
  };
  return new VisitBudget(visit as unknown as Visit);
}

describe('VisitBudget', () => {
  beforeEach(() => {
    jest.useFakeTimers();
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  it('is what the policy lets a visit fetch, or what there is room for', async () => {
    const budget = aBudget();
    budget.spend(30);
    expect(await budget.left()).toBe(70);
    expect(budget.isSpent).toBe(false);

    const small = aBudget(480);
    expect(await small.left()).toBe(20);
    small.spend(20);
    expect(small).toMatchObject({ isSpent: true, isFull: true });
  });

  it('is spent when a visit has lasted so long that others should go first', async () => {
    const budget = aBudget();
    budget.spend(1);
    jest.advanceTimersByTime(9_999);
    expect(await budget.left()).toBe(99);

    jest.advanceTimersByTime(2);
    expect(await budget.left()).toBe(0);
    expect(budget).toMatchObject({ isSpent: true, isFull: false });
  });

  it('lets even the slowest visit fetch something', async () => {
    const budget = aBudget();
    jest.advanceTimersByTime(60_000);
    expect(await budget.left()).toBe(100);
    expect(budget.isSpent).toBe(false);
  });
});
