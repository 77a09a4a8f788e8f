// SPDX-License-Identifier: Apache-2.0
import { aRefusal } from '../__testUtils__/samples';
import { kindOfError, sentenceOfError } from './errorKind';

describe('kindOfError', () => {
  it.each([
    [403, 'refused', undefined],
    [404, 'missing', undefined],
    [409, 'conflict', 'As the backend says'],
    [429, 'too-often', 'As the backend says'],
    [500, 'unexpected', undefined],
    [503, 'unreachable', undefined],
  ])(
    'calls %p %p, with the backend’s own sentence where it is for people (P22)',
    async (status, kind, sentence) => {
      const error = await aRefusal(status, 'As the backend says');
      expect(kindOfError(error)).toBe(kind);
      expect(sentenceOfError(error)).toBe(sentence);
    },
  );
});
