// SPDX-License-Identifier: Apache-2.0

/** Numbers equal names from 1, as `name#1`. */
export function createCounter(): (name: string) => string {
  const seen = new Map<string, number>();
  return name => {
    const ordinal = (seen.get(name) ?? 0) + 1;
    seen.set(name, ordinal);
    return `${name}#${ordinal}`;
  };
}
