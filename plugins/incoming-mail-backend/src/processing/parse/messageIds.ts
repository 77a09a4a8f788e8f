// SPDX-License-Identifier: Apache-2.0

// The longest line that a mail may have, RFC 5322 section 2.1.1. What is longer
// is left out, not cut: two cut ones could become the same.
const MAX_ID_LENGTH = 998;

// Between angle brackets; neither bracket within, so that each character is
// looked at once.
const BRACKETED = /<([^<>]*)>/g;
// eslint-disable-next-line no-control-regex
const SPACE_OR_CONTROL = /[\s\x00-\x1f\x7f-\x9f]+/g;

/**
 * The identifiers in a `Message-ID`, `In-Reply-To` or `References` field, in
 * its order and without their angle brackets (RFC 5322 section 3.6.4). Words
 * between them, which old mailers wrote into `In-Reply-To`, are passed over.
 */
export function parseMessageIds(value: string): string[] {
  const bracketed = [...value.matchAll(BRACKETED)].map(match => match[1]);
  return (bracketed.length > 0 ? bracketed : bareId(value))
    .map(id => id.replace(SPACE_OR_CONTROL, ''))
    .filter(id => id.length > 0 && id.length <= MAX_ID_LENGTH);
}

// Some systems leave the brackets out.
function bareId(value: string): string[] {
  const trimmed = value.trim();
  return /^[^\s<>@]+@[^\s<>@]+$/.test(trimmed) ? [trimmed] : [];
}
