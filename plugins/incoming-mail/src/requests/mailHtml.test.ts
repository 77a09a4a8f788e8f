// SPDX-License-Identifier: Apache-2.0
import { mailDocument } from './mailHtml';

function bodyOf(html: string): HTMLElement {
  return new DOMParser().parseFromString(mailDocument(html), 'text/html').body;
}

describe('mailDocument', () => {
  it('allows nothing to be fetched, run or sent', () => {
    const head = mailDocument('').toLowerCase();
    expect(head).toContain("default-src 'none'");
    expect(head).toContain('img-src data:');
    expect(head).toContain("form-action 'none'");
    expect(head).not.toContain('script-src');
    expect(head).not.toContain('allow-scripts');
  });

  it('keeps the look of an ordinary mail', () => {
    const body = bodyOf(
      '<h1>Hi</h1><p style="color: red">a <b>b</b></p><table border="1"><tr><td align="right">1</td></tr></table>' +
        '<a href="https://corp.test/x">x</a><img alt="dot" src="data:image/png;base64,AAAA">',
    );
    expect(body.querySelector('p')?.getAttribute('style')).toBe('color: red');
    expect(body.querySelector('table')?.getAttribute('border')).toBe('1');
    expect(body.querySelector('td')?.getAttribute('align')).toBe('right');
    expect(body.querySelector('img')?.getAttribute('src')).toContain('AAAA');
    const link = body.querySelector('a');
    expect(link?.getAttribute('href')).toBe('https://corp.test/x');
    expect(link?.getAttribute('target')).toBe('_blank');
    expect(link?.getAttribute('rel')).toContain('noopener');
  });

  it.each([
    '<script>alert(1)</script>',
    '<img src=x onerror=alert(1)>',
    '<svg onload=alert(1)><script>alert(1)</script></svg>',
    '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
    '<a href="javascript:alert(1)">x</a>',
    '<a href=" java\tscript:alert(1)">x</a>',
    '<a href="data:text/html,<script>alert(1)</script>">x</a>',
    '<a href="/catalog">x</a>',
    '<a href="//evil.test">x</a>',
    '<img src="https://evil.test/pixel.gif">',
    '<img srcset="https://evil.test/pixel.gif 2x">',
    '<img src="data:image/svg+xml;base64,AAAA">',
    '<table background="https://evil.test/x.gif"><tr><td></table>',
    '<video poster="https://evil.test/x.gif" src="https://evil.test/x"></video>',
    '<base href="https://evil.test">',
    '<meta http-equiv="refresh" content="0;url=https://evil.test">',
    '<link rel="stylesheet" href="https://evil.test/x.css">',
    '<style>@import "https://evil.test/x.css"</style>',
    '<form action="https://evil.test"><input name="password"></form>',
    '<iframe src="https://evil.test"></iframe>',
    '<object data="https://evil.test"></object>',
  ])('takes the sting out of %s', html => {
    const body = bodyOf(html);
    expect(
      body.querySelector(
        'script,style,link,meta,base,iframe,object,embed,form,input,svg,math',
      ),
    ).toBeNull();
    for (const element of body.querySelectorAll('*')) {
      for (const { name, value } of element.attributes) {
        expect(`${name}=${value}`).not.toMatch(
          /^on|^(href|src|srcset|poster|background|data|action)=/,
        );
      }
    }
  });
});
