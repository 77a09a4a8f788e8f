// SPDX-License-Identifier: Apache-2.0

const MAX_CHARACTERS = 1_048_576;
// The parser underneath looks through all open elements at each closing tag, so
// its time grows with tags times depth: 20,000 tags take a third of a second at
// worst, a mebibyte full of them half a minute.
const MAX_TAGS = 20_000;

/** How deep elements may stand in each other, for those who parse. */
export const MAX_HTML_DEPTH = 100;

/**
 * As much of HTML, from its beginning, as a parser is trusted with: the whole of
 * it, or up to before the tag that is too many.
 */
export function boundedHtml(html: string): string {
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
