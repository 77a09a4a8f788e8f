// SPDX-License-Identifier: Apache-2.0
import { headerValue } from '../mail/headers';
import { parseMimeTree, type MimePart } from '../mail/parseMimeTree';
import { formatEnvelope } from './envelope';
import { formatString } from './values';

/**
 * Writes BODYSTRUCTURE, or BODY when `extended` is false (RFC 3501 section
 * 7.4.2).
 */
export function formatBodyStructure(raw: Buffer, extended: boolean): string {
  return formatPart(parseMimeTree(raw), extended);
}

function formatPart(part: MimePart, extended: boolean): string {
  const [, subtype] = part.type.split('/');
  if (part.children.length > 0) {
    const parts = part.children.map(child => formatPart(child, extended));
    const more = extended
      ? ` ${formatParameters(part.parameters)} ${disposition(part)} NIL NIL`
      : '';
    return `(${parts.join('')} ${formatString(subtype)}${more})`;
  }
  return `(${leaf(part, extended).join(' ')})`;
}

function leaf(part: MimePart, extended: boolean): string[] {
  const [type, subtype] = part.type.split('/');
  const body = part.bytes.subarray(part.bodyOffset);
  const fields = [
    formatString(type),
    formatString(subtype),
    formatParameters(part.parameters),
    formatString(headerValue(part.bytes, 'Content-ID')),
    formatString(headerValue(part.bytes, 'Content-Description')),
    formatString(
      headerValue(part.bytes, 'Content-Transfer-Encoding') ?? '7bit',
    ),
    String(body.length),
  ];
  if (part.type === 'message/rfc822') {
    fields.push(formatEnvelope(body), formatBodyStructure(body, extended));
  }
  if (type === 'text' || part.type === 'message/rfc822') {
    fields.push(String(countLines(body)));
  }
  if (extended) fields.push('NIL', disposition(part), 'NIL', 'NIL');
  return fields;
}

function disposition(part: MimePart): string {
  const value = headerValue(part.bytes, 'Content-Disposition');
  if (value === undefined) return 'NIL';
  const [kind] = value.split(';');
  const filename = /;\s*filename="?([^";]*)"?/i.exec(value)?.[1];
  const parameters = new Map(
    filename === undefined ? [] : [['filename', filename]],
  );
  return `(${formatString(kind.trim())} ${formatParameters(parameters)})`;
}

function formatParameters(parameters: ReadonlyMap<string, string>): string {
  if (parameters.size === 0) return 'NIL';
  return `(${[...parameters].flat().map(formatString).join(' ')})`;
}

function countLines(body: Buffer): number {
  let lines = 0;
  let at = body.indexOf(0x0a);
  while (at !== -1) {
    lines += 1;
    at = body.indexOf(0x0a, at + 1);
  }
  return lines;
}
