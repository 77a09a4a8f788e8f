// SPDX-License-Identifier: Apache-2.0
import {
  AuthorizationParameter,
  authorizationParameterNames,
} from '@postroom/plugin-incoming-mail-common';

/** One authorization parameter as it is typed. */
export interface ParameterRow {
  /** Tells rows apart while they are added and removed. */
  readonly key: number;
  readonly name: string;
  readonly value: string;
}

/** The rows of parameters that are stored. */
export function toParameterRows(
  parameters: readonly AuthorizationParameter[] = [],
): readonly ParameterRow[] {
  return parameters.map((parameter, key) => ({ ...parameter, key }));
}

/** What the rows amount to; absent where there are none. */
export function fromParameterRows(
  rows: readonly ParameterRow[],
): AuthorizationParameter[] | undefined {
  return rows.length === 0
    ? undefined
    : rows.map(({ name, value }) => ({ name, value }));
}

/**
 * The names that a row can choose from: those that no other row has, and its
 * own, also where that is one that is not in the list any more.
 */
export function namesFor(
  row: ParameterRow,
  rows: readonly ParameterRow[],
): readonly string[] {
  const taken = rows.filter(other => other !== row).map(({ name }) => name);
  const free: readonly string[] = authorizationParameterNames.filter(
    name => !taken.includes(name),
  );
  return free.includes(row.name) ? free : [row.name, ...free];
}

/** The rows with one below them, of the first name that none has yet. */
export function withAddedParameter(
  rows: readonly ParameterRow[],
): readonly ParameterRow[] {
  const taken = rows.map(({ name }) => name);
  const name = authorizationParameterNames.find(one => !taken.includes(one));
  const key = Math.max(-1, ...rows.map(row => row.key)) + 1;
  return name === undefined ? rows : [...rows, { key, name, value: '' }];
}
