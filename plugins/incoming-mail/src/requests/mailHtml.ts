// SPDX-License-Identifier: Apache-2.0
import createDOMPurify, { DOMPurify } from 'dompurify';

/**
 * What stands before a mail's HTML in its frame. Scripts are already off by
 * the sandbox; this also keeps anything from being fetched. The page is light
 * in both themes, because that is what mails are written for.
 */
const FRAME_HEAD = [
  '<!doctype html><html><head><meta charset="utf-8">',
  `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">`,
  // Without a target a link would open inside the frame.
  '<base target="_blank">',
  '<style>:root{color-scheme:light}body{margin:12px;font:14px/1.5 sans-serif;color:#222;background:#fff;overflow-wrap:anywhere}img,table{max-width:100%}pre{white-space:pre-wrap}</style>',
  '</head><body>',
].join('');

const FORBIDDEN_TAGS = [
  'audio',
  'base',
  'button',
  'embed',
  'form',
  'iframe',
  'input',
  'link',
  'meta',
  'object',
  'picture',
  'select',
  'source',
  'style',
  'textarea',
  'track',
  'video',
];

// What a mail may lead to; a relative address would mean a page of the portal.
const linkPattern = /^(?:https?:|mailto:|tel:)/i;
const imagePattern = /^data:image\/(?:png|jpeg|gif|webp);/i;

let purifier: DOMPurify | undefined;

/**
 * The document for a mail's frame. The backend has sanitised the HTML; it is
 * sanitised again here because the browser that shows it is the one whose
 * parser counts.
 */
export function mailDocument(html: string): string {
  purifier ??= createPurifier();
  const body = purifier.sanitize(html, {
    USE_PROFILES: { html: true },
    FORBID_TAGS: FORBIDDEN_TAGS,
    FORBID_ATTR: ['ping', 'srcset', 'background', 'class', 'id', 'name'],
    ALLOW_DATA_ATTR: false,
  });
  return `${FRAME_HEAD}${body}</body></html>`;
}

// An instance of our own: hooks on the shared one would change other plugins.
function createPurifier(): DOMPurify {
  const own = createDOMPurify(window);
  own.addHook('uponSanitizeAttribute', (_, attribute) => {
    const { attrName, attrValue } = attribute;
    if (
      (attrName === 'href' && !linkPattern.test(attrValue)) ||
      (attrName === 'src' && !imagePattern.test(attrValue))
    ) {
      attribute.keepAttr = false;
    }
  });
  own.addHook('afterSanitizeAttributes', node => {
    if (node.hasAttribute('href')) {
      node.setAttribute('target', '_blank');
      node.setAttribute('rel', 'noopener noreferrer nofollow');
    }
  });
  return own;
}
