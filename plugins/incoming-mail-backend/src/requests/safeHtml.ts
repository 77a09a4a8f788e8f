// SPDX-License-Identifier: Apache-2.0
import sanitizeHtml from 'sanitize-html';
import { boundedHtml, MAX_HTML_DEPTH } from '../lib';

// The first of two walls: what passes here is shown in a sandboxed frame
// without scripts and without our origin. Everything is an allow-list, and
// every rewriting happens on the tree, before it becomes text again: nothing
// may touch the result afterwards.

const MAX_URL_LENGTH = 2_048;
// Mail that exists is final after one pass, and a second one finds it so.
const MAX_PASSES = 5;

// prettier-ignore
const ALLOWED_TAGS = [
  'a', 'abbr', 'address', 'b', 'bdi', 'bdo', 'blockquote', 'br', 'caption',
  'center', 'cite', 'code', 'col', 'colgroup', 'dd', 'del', 'dfn', 'div', 'dl',
  'dt', 'em', 'figcaption', 'figure', 'font', 'h1', 'h2', 'h3', 'h4', 'h5', 'h6',
  'hr', 'i', 'ins', 'kbd', 'li', 'mark', 'ol', 'p', 'pre', 'q', 's', 'samp',
  'small', 'span', 'strike', 'strong', 'sub', 'sup', 'table', 'tbody', 'td',
  'tfoot', 'th', 'thead', 'tr', 'tt', 'u', 'ul', 'var', 'wbr',
];

// Elements that go together with what is in them, because their content is not
// text for people or is parsed by other rules than the text around.
// prettier-ignore
const DROPPED_WITH_CONTENT = [
  'applet', 'audio', 'canvas', 'embed', 'frameset', 'head', 'iframe', 'math',
  'noembed', 'noframes', 'noscript', 'object', 'option', 'plaintext', 'script',
  'select', 'style', 'svg', 'template', 'textarea', 'title', 'video', 'xmp',
];

const LINK_PROTOCOLS: ReadonlySet<string> = new Set([
  'http:',
  'https:',
  'mailto:',
]);

function toSafeLink(
  tagName: string,
  attribs: sanitizeHtml.Attributes,
): sanitizeHtml.Tag {
  const { href: claimed, rel, target, ...others } = attribs;
  const href = safeUrl(claimed ?? '');
  return {
    tagName,
    attribs:
      href === undefined
        ? others
        : {
            ...others,
            href,
            rel: 'noopener noreferrer nofollow ugc',
            target: '_blank',
          },
  };
}

/**
 * A link in its normal form, which shows the host that a browser would go to:
 * an internationalized one as punycode, without a user part that looks like
 * another host. Relative ones would lead into the portal.
 */
function safeUrl(claimed: string): string | undefined {
  if (claimed.length > MAX_URL_LENGTH || !URL.canParse(claimed)) {
    return undefined;
  }
  const url = new URL(claimed);
  if (!LINK_PROTOCOLS.has(url.protocol) || url.username || url.password) {
    return undefined;
  }
  return url.href;
}

// Remote images tell the sender who reads when; those inside the mail are not
// shown yet.
function toAlternativeText(
  _tagName: string,
  attribs: sanitizeHtml.Attributes,
): sanitizeHtml.Tag {
  return { tagName: 'span', attribs: {}, text: (attribs.alt ?? '').trim() };
}

const NUMBER = /^\d{1,4}$/;
const WORD = /^[a-z]{1,20}$/i;
const COLOR_NAME_OR_HEX = /^(?:[a-z]{3,20}|#[0-9a-f]{3,8})$/i;

const ATTRIBUTE_VALUES: Readonly<Record<string, RegExp>> = {
  align: WORD,
  color: COLOR_NAME_OR_HEX,
  colspan: NUMBER,
  dir: WORD,
  lang: /^[a-z]{1,8}(?:-[a-z0-9]{1,8}){0,4}$/i,
  rowspan: NUMBER,
  scope: WORD,
  span: NUMBER,
  start: NUMBER,
  type: /^[a1i]$/i,
  valign: WORD,
};

/** Keeps of all attributes those whose value is as expected. */
function keepSafeAttributes(
  tagName: string,
  attribs: sanitizeHtml.Attributes,
): sanitizeHtml.Tag {
  const kept: sanitizeHtml.Attributes = {};
  for (const [name, value] of Object.entries(attribs)) {
    if (name === 'style') {
      const style = safeStyle(value);
      if (style) {
        kept.style = style;
      }
    } else if (tagName === 'a' && ['href', 'rel', 'target'].includes(name)) {
      kept[name] = value;
    } else if (
      Object.hasOwn(ATTRIBUTE_VALUES, name) &&
      ATTRIBUTE_VALUES[name].test(value)
    ) {
      kept[name] = value;
    }
  }
  return { tagName, attribs: kept };
}

const LENGTH = '(?:0|\\d{1,4}(?:\\.\\d{1,4})?(?:px|pt|em|rem|ex|%))';
const COLOR =
  '(?:[a-z]{3,20}|#[0-9a-f]{3,8}|rgba?\\( ?\\d{1,3} ?, ?\\d{1,3} ?, ?\\d{1,3} ?(?:, ?[0-9.]{1,5} ?)?\\))';
const exactly = (pattern: string) => new RegExp(`^${pattern}$`, 'i');
const lengths = (most: number) =>
  exactly(`(?:${LENGTH}|auto)(?: (?:${LENGTH}|auto)){0,${most - 1}}`);
const border = exactly(
  `(?:${LENGTH}|[a-z]{2,10}|${COLOR})(?: (?:${LENGTH}|[a-z]{2,10}|${COLOR})){0,2}`,
);

// Nothing that fetches, moves text out of its place or lays it over other
// text; no negative lengths. A value has no character with which CSS could
// begin anything else: no backslash, quote, comment, function but rgb().
const STYLE_VALUES: Readonly<Record<string, RegExp>> = {
  'background-color': exactly(COLOR),
  border,
  'border-bottom': border,
  'border-collapse': WORD,
  'border-color': exactly(COLOR),
  'border-left': border,
  'border-right': border,
  'border-spacing': lengths(2),
  'border-style': WORD,
  'border-top': border,
  'border-width': lengths(4),
  color: exactly(COLOR),
  'font-family': /^[a-z0-9 ,-]{1,200}$/i,
  'font-size': exactly(`(?:${LENGTH}|[a-z-]{1,10})`),
  'font-style': WORD,
  'font-variant': WORD,
  'font-weight': /^(?:[a-z]{1,10}|[1-9]00)$/i,
  height: lengths(1),
  'line-height': exactly(`(?:normal|\\d{1,2}(?:\\.\\d{1,4})?|${LENGTH})`),
  'list-style-type': /^[a-z-]{1,30}$/i,
  margin: lengths(4),
  'margin-bottom': lengths(1),
  'margin-left': lengths(1),
  'margin-right': lengths(1),
  'margin-top': lengths(1),
  'max-width': lengths(1),
  padding: lengths(4),
  'padding-bottom': lengths(1),
  'padding-left': lengths(1),
  'padding-right': lengths(1),
  'padding-top': lengths(1),
  'text-align': WORD,
  'text-decoration': WORD,
  'text-transform': WORD,
  'vertical-align': /^[a-z-]{1,12}$/i,
  'white-space': /^[a-z-]{1,12}$/i,
  width: lengths(1),
};

const MAX_STYLE_LENGTH = 2_000;

/** Keeps of a `style` attribute the declarations that are known to be harmless. */
function safeStyle(style: string): string {
  return (
    style
      .slice(0, MAX_STYLE_LENGTH)
      // A semicolon inside a string or a url() splits it into halves, neither of
      // which is a declaration that is kept.
      .split(';')
      .map(toSafeDeclaration)
      .filter(declaration => declaration !== undefined)
      .join(';')
  );
}

function toSafeDeclaration(declaration: string): string | undefined {
  const colon = declaration.indexOf(':');
  const property = declaration
    .slice(0, Math.max(colon, 0))
    .trim()
    .toLowerCase();
  const value = declaration
    .slice(colon + 1)
    .replace(/\s+/g, ' ')
    .trim();
  return Object.hasOwn(STYLE_VALUES, property) &&
    STYLE_VALUES[property].test(value)
    ? `${property}:${value}`
    : undefined;
}

const options: sanitizeHtml.IOptions = {
  allowedTags: ALLOWED_TAGS,
  allowedAttributes: {
    '*': ['align', 'dir', 'lang', 'style', 'valign'],
    a: ['href', 'rel', 'target'],
    col: ['span'],
    colgroup: ['span'],
    font: ['color'],
    ol: ['start', 'type'],
    td: ['colspan', 'rowspan'],
    th: ['colspan', 'rowspan', 'scope'],
  },
  allowedSchemes: [...LINK_PROTOCOLS].map(protocol => protocol.slice(0, -1)),
  allowProtocolRelative: false,
  nonTextTags: DROPPED_WITH_CONTENT,
  disallowedTagsMode: 'discard',
  nestingLimit: MAX_HTML_DEPTH,
  // Styles are judged by safeStyle; a parser for all of CSS would only be one
  // more thing to attack.
  parseStyleAttributes: false,
  transformTags: {
    a: toSafeLink,
    img: toAlternativeText,
    '*': keepSafeAttributes,
  },
};

/**
 * Reduces an HTML part to what only formats text: no scripts, no styles but a
 * few harmless properties, no forms, nothing that is fetched. Images are
 * replaced by their alternative text. Links lead to the web or to an address,
 * in a window of their own that knows nothing of ours.
 *
 * Doing it twice is doing it once. A part that is too large or has too many
 * tags is cut.
 */
export function safeHtml(html: string): string {
  // What is left out can change how the rest is read: inside <math> a table
  // does not end a paragraph, and without the <math> it does. Only what is read
  // the same again means to a browser what it meant to us.
  let before = boundedHtml(html);
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const after = sanitizeHtml(before, options);
    if (after === before) {
      return after;
    }
    before = after;
  }
  return sanitizeHtml(before, { ...options, allowedTags: [] });
}
