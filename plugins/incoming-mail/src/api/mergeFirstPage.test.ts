// SPDX-License-Identifier: Apache-2.0
import { appendPage, mergeFirstPage } from './mergeFirstPage';
import { readEveryPage } from './readEveryPage';

const page = (ids: string, nextCursor?: string) => ({
  items: [...ids].map(id => ({ id })),
  nextCursor,
});
const idsOf = ({ items }: { items: { id: string }[] }) =>
  items.map(({ id }) => id).join('');

describe('mergeFirstPage', () => {
  it('puts new rows above and keeps the pages below open', () => {
    const shown = appendPage(page('dcb', '1'), page('a', '2'));
    const merged = mergeFirstPage(shown, page('edc', '3'));
    expect(idsOf(merged)).toBe('edcba');
    expect(merged.nextCursor).toBe('2');
  });

  it('moves a row that came to the top again', () => {
    const merged = mergeFirstPage(page('dcba'), page('adc', '3'));
    expect(idsOf(merged)).toBe('adcb');
  });

  it('starts again where rows may be missing between, or all are there', () => {
    expect(mergeFirstPage(page('cba'), page('zyx', '9'))).toEqual(
      page('zyx', '9'),
    );
    expect(mergeFirstPage(page('cba', '1'), page('dc'))).toEqual(page('dc'));
    expect(mergeFirstPage(undefined, page('a', '1'))).toEqual(page('a', '1'));
  });
});

describe('readEveryPage', () => {
  it('follows the cursors to the end', async () => {
    const pages: Record<string, ReturnType<typeof page>> = {
      first: page('ab', 'next'),
      next: page('c'),
    };
    const all = await readEveryPage(async cursor => pages[cursor ?? 'first']);
    expect(all).toEqual({ items: page('abc').items, truncated: false });
  });

  it('stops at some point and says so', async () => {
    const readPage = jest.fn(async () => page('a', 'for ever'));
    const all = await readEveryPage(readPage);
    expect(all.truncated).toBe(true);
    expect(readPage).toHaveBeenCalledTimes(10);
  });
});
