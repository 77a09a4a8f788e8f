// SPDX-License-Identifier: Apache-2.0
import {
  aWaitingMessage,
  ordinaryHeader,
  rawMail,
} from './__testUtils__/rawMail';
import { Parser, ParserDiedError, parserInPlace } from './parse/Parser';
import { readMessages } from './readMessage';

const mails = ['one', 'poison', 'two'].map(id => ({
  raw: rawMail(ordinaryHeader, id),
  waiting: aWaitingMessage({ id }),
}));

const aParser = (parseTogether: Parser['parseTogether']) => ({
  ...parserInPlace,
  parse: jest.fn<ReturnType<Parser['parse']>, Parameters<Parser['parse']>>(
    async (raw, ...rest) => {
      if (raw.includes('poison')) {
        throw new ParserDiedError('Reading it took too long');
      }
      return parserInPlace.parse(raw, ...rest);
    },
  ),
  parseTogether,
});

describe('readMessages', () => {
  it('reads one by one after a mail that is too much, and gives up that one alone (R36, T49)', async () => {
    const parser = aParser(async () => {
      throw new ParserDiedError('Reading it took too long');
    });
    const readings = await readMessages(mails, {}, parser);
    expect(readings.map(({ kind }) => kind)).toEqual([
      'read',
      'given-up',
      'read',
    ]);
  });

  it('reads at one go where nothing is too much', async () => {
    const parser = aParser(async (some, options) =>
      Promise.all(
        some.map(({ raw, waiting }) =>
          parserInPlace.parse(raw, waiting, options),
        ),
      ),
    );
    const readings = await readMessages(mails, {}, parser);
    expect(readings).toMatchObject([
      { kind: 'read', message: { id: 'one', text: 'one' } },
      { kind: 'read', message: { id: 'poison' } },
      { kind: 'read', message: { id: 'two' } },
    ]);
    expect(parser.parse).not.toHaveBeenCalled();
  });

  it('passes on what no mail is to blame for', async () => {
    const parser = aParser(async () => {
      throw new Error('The pool is closed');
    });
    await expect(readMessages(mails, {}, parser)).rejects.toThrow(
      'The pool is closed',
    );
  });
});
