// SPDX-License-Identifier: Apache-2.0

/** Text that is HTML already; whoever constructs one vouches for it. */
export class Html {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function render(value: unknown): string {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(render).join('');
  if (value === undefined) return '';
  return String(value).replace(/[&<>"']/g, character => entities[character]);
}

/**
 * Builds HTML from a template. What is put in is escaped, unless it was built
 * by this function itself; arrays are joined, `undefined` is nothing.
 */
export function html(
  strings: TemplateStringsArray,
  ...values: readonly unknown[]
): Html {
  return new Html(
    strings.reduce(
      (text, string, index) => text + render(values[index - 1]) + string,
    ),
  );
}
