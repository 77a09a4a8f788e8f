// SPDX-License-Identifier: Apache-2.0

/** Text that is HTML already: what {@link markup} wrote, or words of our own. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Part = string | Markup | readonly Markup[] | undefined;

/**
 * Writes HTML. Whatever is put in and is not HTML itself is text, in content
 * and in quoted attributes alike.
 */
export function markup(
  strings: TemplateStringsArray,
  ...parts: readonly Part[]
): Markup {
  return new Markup(
    strings.reduce((sum, string, n) => sum + toText(parts[n - 1]) + string),
  );
}

function toText(part: Part): string {
  if (part instanceof Markup) {
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
