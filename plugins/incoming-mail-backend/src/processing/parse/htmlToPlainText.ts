// SPDX-License-Identifier: Apache-2.0
import { convert } from 'html-to-text';

const MAX_CHARACTERS = 1_048_576;
// The parser underneath looks through all open elements at each closing tag, so
// its time grows with tags times depth: 20,000 tags take a third of a second at
// worst, a mebibyte full of them half a minute.
const MAX_TAGS = 20_000;
const MAX_DEPTH = 100;

/**
 * The text of an HTML part, for reading: links by their text, no images, lines
 * as long as they are. Of a part that is too large or has too many tags, the
 * text of its beginning. Never throws.
 */
export function htmlToPlainText(html: string): string {
  try {
    return convert(beginning(html), {
      wordwrap: false,
      limits: { maxDepth: MAX_DEPTH, ellipsis: '' },
      selectors: [
        { selector: 'a', options: { ignoreHref: true } },
        { selector: 'img', format: 'skip' },
        ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6'].map(selector => ({
          selector,
          options: { uppercase: false },
        })),
        { selector: 'blockquote', options: { trimEmptyLines: true } },
      ],
    });
  } catch {
    // The HTML itself is kept and shown; only its plain form is missing.
    return '';
  }
}

function beginning(html: string): string {
  const bounded = html.slice(0, MAX_CHARACTERS);
  let end = -1;
  for (let tags = 0; tags <= MAX_TAGS; tags += 1) {
    end = bounded.indexOf('<', end + 1);
    if (end < 0) {
      return bounded;
    }
  }
  return bounded.slice(0, end);
}
