// SPDX-License-Identifier: Apache-2.0
import { MailHandler } from '@postroom/plugin-incoming-mail-node';
import { HandlerRegistry } from './HandlerRegistry';

function aHandler(id: string, title = id): MailHandler {
  return { id, title, handle: async () => ({ kind: 'ignored', reason: '' }) };
}

describe('HandlerRegistry', () => {
  it('finds handlers by id and lists them in their order', () => {
    const [one, two] = [aHandler('one'), aHandler('two-2')];
    const registry = new HandlerRegistry([one, two]);

    expect(registry.find('two-2')).toBe(two);
    expect(registry.find('three')).toBeUndefined();
    expect(registry.find('constructor')).toBeUndefined();
    expect(registry.list()).toEqual([one, two]);
  });

  it('refuses an id that two handlers have, naming both', () => {
    expect(
      () =>
        new HandlerRegistry([aHandler('x', 'First'), aHandler('x', 'Second')]),
    ).toThrow(/'First' and 'Second' have the same id 'x'/);
  });

  it.each(['', 'X', 'a_b', 'a--b', '-a', 'a-', '1a', 'a b', 'a'.repeat(101)])(
    'refuses the id %j',
    id => {
      expect(() => new HandlerRegistry([aHandler(id)])).toThrow(/kebab-case/);
    },
  );
});
