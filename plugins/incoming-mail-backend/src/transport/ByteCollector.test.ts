// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { ByteCollector } from './ByteCollector';

describe('ByteCollector', () => {
  it('gives what was added, however much was expected', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 20_000 }), { maxLength: 8 }),
        fc.nat(100_000),
        (pieces, expectedBytes) => {
          const collector = new ByteCollector(expectedBytes);
          pieces.forEach(piece => collector.add(Buffer.from(piece)));
          const all = Buffer.concat(pieces);
          return (
            collector.length === all.length && collector.take().equals(all)
          );
        },
      ),
    );
  });

  it('keeps no memory that turned out not to be needed', () => {
    const takeHalf = (bytes: number) => {
      const collector = new ByteCollector(1_000_000);
      collector.add(Buffer.alloc(bytes, 'x'));
      return collector.take();
    };

    expect(takeHalf(499_999).buffer.byteLength).toBeLessThan(600_000);
    // What was needed is not copied.
    expect(takeHalf(1_000_000).buffer.byteLength).toBe(1_000_000);
  });
});
