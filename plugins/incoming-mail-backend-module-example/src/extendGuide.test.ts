// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const GUIDE = join(__dirname, '..', '..', '..', 'docs', 'extend.md');

describe('docs/extend.md', () => {
  it('shows this package word for word', () => {
    const sources = readdirSync(__dirname)
      .filter(name => name.endsWith('.ts') && name !== 'extendGuide.test.ts')
      .map(name => readFileSync(join(__dirname, name), 'utf8'));
    const blocks = readFileSync(GUIDE, 'utf8').matchAll(
      /^```ts\n(.*?)^```$/gms,
    );

    const codes = [...blocks].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(8);
    expect(
      codes.filter(
        code =>
          !sources.some(source =>
            withoutIndent(source).includes(withoutIndent(code)),
          ),
      ),
    ).toEqual([]);
  });
});

// A part of a function stands further left in the guide.
function withoutIndent(text: string): string {
  return text.replace(/^[ \t]+/gm, '');
}
