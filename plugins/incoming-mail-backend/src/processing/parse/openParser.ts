// SPDX-License-Identifier: Apache-2.0
import { Parser, parserInPlace } from './Parser';
import { ParserPool } from './ParserPool';

// A mail of 25 MiB takes half a second at worst, and a few times its size.
const TIMEOUT_MS = 20_000;
const HEAP_MB = 256;

/**
 * Opens what mails are read with.
 *
 * @param options.threads - 0: no threads, for environments that have none
 */
export function openParser({ threads }: { threads: number }): Parser {
  return threads === 0
    ? parserInPlace
    : new ParserPool({ threads, timeoutMs: TIMEOUT_MS, heapMb: HEAP_MB });
}
