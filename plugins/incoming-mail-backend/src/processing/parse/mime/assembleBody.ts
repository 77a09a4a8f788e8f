// SPDX-License-Identifier: Apache-2.0
import { htmlToPlainText } from '../htmlToPlainText';
import { decodeText } from './decodeText';
import { decodeTransfer } from './decodeTransfer';
import { MimeEntity } from './types';
import { unwrapFlowed } from './unwrapFlowed';

/** A stretch of the body, in one form or in both. */
interface Piece {
  readonly text?: string;
  readonly html?: string;
}

/** The body of a mail. */
export interface AssembledBody {
  readonly text: string;
  /** Absent where no part of the body is HTML. */
  readonly html?: string;
}

/**
 * Puts the text parts of a mail together, in their order. The forms of a
 * `multipart/alternative` are one stretch; of every stretch that has but one
 * form the other is made of it, so that neither body lacks what the other has.
 */
export function assembleBody(raw: Buffer, root: MimeEntity): AssembledBody {
  const pieces = collectPieces(raw, root).filter(isTelling);
  const text = pieces.map(toText).join('\n');
  if (pieces.every(({ html }) => html === undefined)) {
    return { text };
  }
  return { text, html: pieces.map(toHtml).join('<br>\n') };
}

function collectPieces(raw: Buffer, entity: MimeEntity): Piece[] {
  const below = () =>
    entity.children.flatMap(child => collectPieces(raw, child));
  if (entity.mediaType === 'multipart/alternative') {
    return [joinForms(below())];
  }
  if (entity.children.length > 0) {
    return below();
  }
  return entity.isAttachment || entity.mediaType.startsWith('multipart/')
    ? []
    : [readText(raw, entity)];
}

/** The forms of one stretch; several of one kind follow each other. */
function joinForms(forms: readonly Piece[]): Piece {
  const texts = forms.flatMap(({ text }) =>
    text === undefined || text.trim() === '' ? [] : [text],
  );
  const htmls = forms.flatMap(({ html }) => (html === undefined ? [] : [html]));
  return {
    ...(texts.length > 0 && { text: texts.join('\n') }),
    ...(htmls.length > 0 && { html: htmls.join('<br>\n') }),
  };
}

function readText(raw: Buffer, entity: MimeEntity): Piece {
  const { parameters, mediaType, encoding, start, end } = entity;
  const isHtml = mediaType === 'text/html';
  const decoded = decodeText(
    decodeTransfer(raw.subarray(start, end), encoding),
    { charset: parameters.get('charset'), isHtml },
  );
  if (isHtml) {
    return { html: decoded };
  }
  const isFlowed = parameters.get('format')?.toLowerCase() === 'flowed';
  const deletesSpace = parameters.get('delsp')?.toLowerCase() === 'yes';
  return { text: isFlowed ? unwrapFlowed(decoded, deletesSpace) : decoded };
}

function isTelling({ text, html }: Piece): boolean {
  return (text ?? html ?? '').trim() !== '';
}

function toText({ text, html }: Piece): string {
  return text ?? htmlToPlainText(html ?? '');
}

function toHtml({ text, html }: Piece): string {
  return html ?? escapeText(text ?? '');
}

const ENTITIES: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['\n', '<br>\n'],
]);

function escapeText(text: string): string {
  return text
    .replace(/\r\n?/g, '\n')
    .replace(/[&<>\n]/g, character => ENTITIES.get(character) ?? character);
}
