// SPDX-License-Identifier: Apache-2.0
import { z } from 'zod';

/** A fault that lasts: what it may be set to, and its value while it is off. */
export interface FaultField<T = unknown, Off = unknown> {
  readonly schema: z.ZodType<T>;
  readonly off: Off;
}

export type FaultFields = Readonly<Record<string, FaultField>>;

/** The values of faults. */
export type FaultValues<F extends FaultFields> = {
  readonly [K in keyof F]: z.output<F[K]['schema']> | F[K]['off'];
};

/** Longest delay a fault may cause; beyond it a test would only time out. */
const MAX_DELAY_MS = 120_000;

/** A fault that is there or not. */
export const flag: FaultField<boolean, false> = {
  schema: z.boolean(),
  off: false,
};

/** A wait in milliseconds. */
export const delay: FaultField<number, 0> = {
  schema: z.number().int().min(0).max(MAX_DELAY_MS),
  off: 0,
};

/** A count, often of bytes; `undefined` while it is off. */
export const count: FaultField<number, undefined> = {
  schema: z.number().int().min(0),
  off: undefined,
};

/** One of several ways to be wrong. */
export function oneOf<const T extends readonly string[]>(
  ...ways: T
): FaultField<T[number], undefined> {
  return { schema: z.enum(ways), off: undefined };
}

/** A fault that needs more than one word. */
export function described<T>(schema: z.ZodType<T>): FaultField<T, undefined> {
  return { schema, off: undefined };
}
