// SPDX-License-Identifier: Apache-2.0

/** Text that is HTML already. Only {@link html} makes it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | Html | readonly Html[] | undefined;

/**
 * Writes HTML. Whatever is put in and is not HTML itself is text, in content
 * and in quoted attributes alike.
 */
export function html(
  strings: TemplateStringsArray,
  ...parts: readonly Part[]
): Html {
  return new Html(
    strings.reduce((sum, string, n) => sum + toText(parts[n - 1]) + string),
  );
}

function toText(part: Part): string {
  if (part instanceof Html) {
    return part.text;
  }
  return Array.isArray(part)
    ? part.map(toText).join('')
    : escapeHtml((part as string | undefined) ?? '');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, sign => entities[sign]);
}
