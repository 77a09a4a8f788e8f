// SPDX-License-Identifier: Apache-2.0
import libmime from 'libmime';
import { firstFieldValue, HeaderLine } from '../headerFields';
import { MimeEntity, TransferEncoding } from './types';

/** The longest field that is looked at for its parameters. */
const MAX_FIELD_LENGTH = 16_384;

// What is shown as text where it is not said to be an attachment. Reports of
// mail systems are text with fields (RFC 3464, RFC 8098).
const TEXT_TYPES = [
  'text/plain',
  'text/html',
  'message/delivery-status',
  'message/disposition-notification',
];

// RFC 2045 section 5.1: a type and a subtype.
const MEDIA_TYPE = /^[^\s/;]+\/[^\s/;]+$/;

interface ParsedField {
  /** Lower-cased. */
  readonly value: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** What the fields of an entity say it is (RFC 2045, RFC 2183, RFC 2231). */
export function describeEntity(
  fields: readonly HeaderLine[],
  defaultType: string,
): Pick<
  MimeEntity,
  | 'mediaType'
  | 'parameters'
  | 'isAttachment'
  | 'filename'
  | 'contentId'
  | 'encoding'
> {
  const type = parseField(firstFieldValue(fields, 'content-type'));
  const disposition = parseField(
    firstFieldValue(fields, 'content-disposition'),
  );
  const mediaType = MEDIA_TYPE.test(type.value)
    ? type.value
    : fallbackType(type.value, defaultType);
  const filename =
    disposition.parameters.get('filename') ?? type.parameters.get('name');
  const contentId = firstFieldValue(fields, 'content-id')?.replace(
    /^[\s<]+|[\s>]+$/g,
    '',
  );
  return {
    mediaType,
    parameters: type.parameters,
    // RFC 2183 section 2.8: what is unknown is treated as an attachment.
    isAttachment:
      !TEXT_TYPES.includes(mediaType) ||
      !['', 'inline'].includes(disposition.value),
    ...(filename && { filename }),
    ...(contentId && { contentId }),
    encoding: parseEncoding(
      firstFieldValue(fields, 'content-transfer-encoding'),
    ),
  };
}

// RFC 2045 section 5.2: what is absent or malformed is plain text. A bare type
// is older than MIME.
function fallbackType(value: string, defaultType: string): string {
  return value === '' || value === 'text' ? defaultType : 'text/plain';
}

function parseEncoding(value: string | undefined): TransferEncoding {
  // Comments and what else may stand behind the word.
  const word = /^[a-z0-9-]+/.exec((value ?? '').trim().toLowerCase())?.[0];
  return word === 'base64' || word === 'quoted-printable' ? word : 'identity';
}

function parseField(field: string | undefined): ParsedField {
  if (field === undefined) {
    return { value: '', parameters: new Map() };
  }
  const { value, params, decodedParams } = libmime.parseHeaderValue(
    field.slice(0, MAX_FIELD_LENGTH),
  );
  const parameters = new Map(
    Object.entries(params).map(([name, text]) => [
      name.toLowerCase(),
      // RFC 2231 values are decoded already; encoded words have no place in a
      // parameter (RFC 2047 section 5), and are what most programs send.
      decodedParams.includes(name) || !text.includes('=?')
        ? text
        : libmime.decodeWords(text),
    ]),
  );
  return { value: value.trim().toLowerCase(), parameters };
}
