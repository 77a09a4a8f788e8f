// SPDX-License-Identifier: Apache-2.0

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

/** Writes a size as people read it: 1,536 bytes are `1.5 kB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // Decimal units, as `Intl` and most mail programs mean them.
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return new Intl.NumberFormat(undefined, {
    style: 'unit',
    unit: units[unit],
    unitDisplay: unit === 0 ? 'long' : 'short',
    maximumFractionDigits: 1,
  }).format(value);
}
