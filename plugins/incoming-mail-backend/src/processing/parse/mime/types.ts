// SPDX-License-Identifier: Apache-2.0
import { HeaderLine } from '../headerFields';

/** A body part, or the mail itself (RFC 2045): where it lies, and what it says of itself. */
export interface MimeEntity {
  readonly header: readonly HeaderLine[];
  /** Lower-cased, such as `text/plain`. */
  readonly mediaType: string;
  /** Of `Content-Type`, decoded; names are lower-cased. */
  readonly parameters: ReadonlyMap<string, string>;
  readonly isAttachment: boolean;
  readonly filename?: string;
  readonly contentId?: string;
  readonly encoding: TransferEncoding;
  /** The first byte of the body in the mail. */
  readonly start: number;
  /** The byte after the last one of the body. */
  readonly end: number;
  /** The parts of a multipart entity. */
  readonly children: readonly MimeEntity[];
}

/** RFC 2045 section 6; `identity` is 7bit, 8bit, binary and whatever is unknown. */
export type TransferEncoding = 'base64' | 'quoted-printable' | 'identity';

/** The mail goes beyond a bound; the message says which, and quotes nothing of it. */
export class MimeLimitError extends Error {}
