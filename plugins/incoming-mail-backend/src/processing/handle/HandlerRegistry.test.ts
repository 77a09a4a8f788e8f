// SPDX-License-Identifier: Apache-2.0
import { InputError } from '@backstage/errors';
import { MailHandler } from '@postroom/plugin-incoming-mail-node';
import { z } from 'zod';
import {
  HandlerMissingError,
  HandlerRegistry,
  HandlerSettingsError,
} from './HandlerRegistry';

function aHandler(id: string, title = id): MailHandler {
  return { id, title, handle: async () => ({ kind: 'ignored', reason: '' }) };
}

describe('HandlerRegistry', () => {
  const mailbox = { address: 'support@corp.test' };

  it('finds handlers by id and describes them by title', () => {
    const [one, two] = [aHandler('one'), aHandler('two-2')];
    const registry = new HandlerRegistry([one, two]);

    expect(registry.find('two-2')).toBe(two);
    expect(registry.find('three')).toBeUndefined();
    expect(registry.find('constructor')).toBeUndefined();
    expect(registry.describe()).toEqual([
      { id: 'one', title: 'one', fields: [] },
      { id: 'two-2', title: 'two-2', fields: [] },
    ]);
  });

  it('refuses an id that two handlers have, naming both', () => {
    expect(
      () =>
        new HandlerRegistry([aHandler('x', 'First'), aHandler('x', 'Second')]),
    ).toThrow(/'First' and 'Second' have the same id 'x'/);
  });

  it('refuses fields that no page could ask for', () => {
    const fields = [
      { name: '__proto__', title: 'X', kind: 'text', required: true } as const,
    ];
    expect(() => new HandlerRegistry([{ ...aHandler('x'), fields }])).toThrow(
      /'x' cannot be shown: fields\.0\.name/,
    );
  });

  it('gives a handler the settings that it made of the stored ones, and nothing that they inherit (T52)', () => {
    const parseSettings = jest.fn((settings, { projectRef }) => ({
      ...settings,
      projectRef,
    }));
    const registry = new HandlerRegistry([
      {
        ...aHandler('x'),
        fields: [
          { name: 'word', title: 'Word', kind: 'text', required: true },
          { name: 'constructor', title: 'C', kind: 'text', required: false },
        ],
        parseSettings,
      },
      aHandler('plain'),
    ]);
    const hostile = JSON.parse('{"word":"hi","__proto__":{"polluted":"x"}}');
    const channel = { ...mailbox, projectRef: 'component:default/shop' };

    const { settings } = registry.resolve(
      { handlerId: 'x', settings: hostile },
      channel,
    );

    expect(settings).toEqual({ word: 'hi', projectRef: channel.projectRef });
    const [stored] = parseSettings.mock.calls[0];
    expect(Object.isFrozen(stored)).toBe(true);
    expect(stored.constructor).toBeUndefined();
    expect(stored.polluted).toBeUndefined();
    const plain = registry.resolve(
      { handlerId: 'plain', settings: {} },
      mailbox,
    );
    expect(plain.settings).toEqual({});
  });

  it.each([
    [{}, 'word is required'],
    [{ word: '' }, 'word is required'],
    [{ word: ['a'] }, 'word is not a text'],
    [{ word: 'a', other: 'b' }, 'other is not known to this handler'],
    [{ word: 'a', size: 'xl' }, 'size is not one of the choices'],
    [{ word: 'a', labels: 'b' }, 'labels is not a list'],
    [{ word: 'a', sure: 'yes' }, 'sure is not yes or no'],
    [{ word: 'a', project: 'shop' }, 'project is not an entity'],
    [{ word: 'forbidden' }, 'word is a forbidden word'],
    [{ word: 'short' }, 'word Too small'],
    [{ word: 'broken' }, 'could not be read by the handler'],
    ['no object', ''],
    [undefined, ''],
  ])('refuses the settings %j: %s', (settings, words) => {
    const registry = new HandlerRegistry([
      {
        ...aHandler('x'),
        fields: [
          { name: 'word', title: 'Word', kind: 'text', required: true },
          { name: 'labels', title: 'L', kind: 'list', required: false },
          { name: 'sure', title: 'S', kind: 'boolean', required: false },
          { name: 'project', title: 'P', kind: 'entity', required: false },
          {
            name: 'size',
            title: 'Size',
            kind: 'choice',
            required: false,
            choices: [{ value: 's', title: 'Small' }],
          },
        ],
        parseSettings({ word }) {
          if (word === 'forbidden') {
            throw new InputError('word is a forbidden word');
          }
          if (word === 'short') {
            z.object({ word: z.string().min(9) }).parse({ word });
          }
          if (word === 'broken') {
            throw new TypeError('secret inner words');
          }
          return word;
        },
      },
    ]);
    const resolve = () =>
      registry.resolve({ handlerId: 'x', settings }, mailbox);

    expect(resolve).toThrow(HandlerSettingsError);
    expect(resolve).toThrow(words);
    expect(resolve).not.toThrow('secret');
  });

  it('says that a handler is not installed', () => {
    expect(() =>
      new HandlerRegistry([]).resolve(
        { handlerId: 'gone', settings: {} },
        mailbox,
      ),
    ).toThrow(HandlerMissingError);
  });

  it.each(['', 'X', 'a_b', 'a--b', '-a', 'a-', '1a', 'a b', 'a'.repeat(101)])(
    'refuses the id %j',
    id => {
      expect(() => new HandlerRegistry([aHandler(id)])).toThrow(/kebab-case/);
    },
  );
});
