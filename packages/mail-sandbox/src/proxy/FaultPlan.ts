// SPDX-License-Identifier: Apache-2.0

/** What becomes of the bytes of one direction. Absent means as they come. */
export interface DirectionPlan {
  /**
   * The connection is cut as soon as so many bytes were forwarded; with 0,
   * before the first one.
   */
  readonly cutAfterBytes?: number;
  /** The connection is cut where these bytes appear. */
  readonly cutOnPattern?: PatternCut;
  /** At most so many bytes in one segment; 1 is the hardest on a reader. */
  readonly segmentBytes?: number;
  /** A segment ends at these offsets, ascending. */
  readonly splitAt?: readonly number[];
  /** From the arrival of bytes until they go on. */
  readonly latencyMs?: number;
  readonly bytesPerSecond?: number;
  /** Bytes are taken and lost, and so is the end of the stream. */
  readonly blackHole?: boolean;
}

export interface PatternCut {
  /** A string stands for its UTF-8. */
  readonly pattern: string | Uint8Array;
  /**
   * `after` forwards the pattern first. `before` forwards no byte of it that
   * comes in one chunk with its end; those that came earlier are gone, but the
   * pattern is never complete.
   */
  readonly when: 'before' | 'after';
  /** Which one of several, without overlaps; the first by default. */
  readonly occurrence?: number;
}

/**
 * How a proxy treats its connections. Bytes and patterns are counted in each
 * connection from its start or from when the plan was set, whichever is later.
 */
export interface FaultPlan {
  readonly toTarget?: DirectionPlan;
  readonly toClient?: DirectionPlan;
  /** Nobody listens: connections are refused. Those that are open go on. */
  readonly refuse?: boolean;
  /** Connections are taken and nothing is forwarded, either way. */
  readonly blackHole?: boolean;
  /** Nothing is forwarded, and nothing lost, until this is false again. */
  readonly paused?: boolean;
  /**
   * How the client sees a cut; `reset` by default. The target sees an ordinary
   * end each time, after all that was forwarded to it.
   */
  readonly cutBy?: CutBy;
  /** So many cuts, and then what would cut does no more. */
  readonly maxCuts?: number;
}

export type CutBy = 'reset' | 'end';
