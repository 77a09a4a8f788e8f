// SPDX-License-Identifier: Apache-2.0
import { convert } from 'html-to-text';
import { boundedHtml, MAX_HTML_DEPTH } from '../../lib';

/**
 * The text of an HTML part, for reading: links by their text, no images, lines
 * as long as they are. Of a part that is too large or has too many tags, the
 * text of its beginning. Never throws.
 */
export function htmlToPlainText(html: string): string {
  try {
    return convert(boundedHtml(html), {
      wordwrap: false,
      limits: { maxDepth: MAX_HTML_DEPTH, ellipsis: '' },
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
