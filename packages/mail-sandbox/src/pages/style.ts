// SPDX-License-Identifier: Apache-2.0

/** The one style sheet, put into each page: nothing is fetched from outside. */
export const style = `
:root {
  color-scheme: light dark;
  --page: #f3f5f8; --card: #ffffff; --text: #16202c; --soft: #566273;
  --line: #d5dce5; --accent: #1f5fd0; --on-accent: #ffffff; --tint: #e9f0fd;
  --good: #11703f;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f141b; --card: #182029; --text: #e8edf4; --soft: #a3b0c0;
    --line: #313d4b; --accent: #7fb0ff; --on-accent: #0b1626; --tint: #1e2b3f;
    --good: #62cf95;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; min-height: 100vh; padding: 24px 16px; background: var(--page);
  color: var(--text); font: 16px/1.5 system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif;
}
main {
  max-width: 440px; margin: 4vh auto 0; padding: 28px 24px; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px; box-shadow: 0 8px 28px rgb(0 0 0 / 8%);
}
main.wide { max-width: 760px; }
.brand { display: flex; align-items: center; gap: 10px; color: var(--soft); font-size: 14px; text-decoration: none; }
.brand svg { width: 26px; height: 26px; flex: none; color: var(--accent); }
h1 { font-size: 22px; line-height: 1.25; margin: 18px 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 17px; margin: 28px 0 8px; }
p { margin: 0 0 14px; overflow-wrap: anywhere; }
.soft { color: var(--soft); font-size: 14px; }
.good { color: var(--good); font-weight: 600; }
a { color: var(--accent); }
code { font: 13px/1.4 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; overflow-wrap: anywhere; }
form { margin: 0; }
label { display: block; margin: 14px 0 4px; font-weight: 600; font-size: 14px; }
input, select, textarea {
  width: 100%; padding: 10px 12px; font: inherit; color: inherit; background: var(--page);
  border: 1px solid var(--line); border-radius: 8px;
}
textarea { min-height: 140px; resize: vertical; }
button {
  min-height: 44px; padding: 10px 18px; font: inherit; font-weight: 600; cursor: pointer;
  border: 1px solid var(--line); border-radius: 9px; background: transparent; color: inherit;
}
button.primary { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button:hover { filter: brightness(1.06); }
button:focus-visible, input:focus-visible, select:focus-visible, textarea:focus-visible, a:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px;
}
.accounts { display: grid; gap: 10px; margin-top: 18px; }
.accounts button { display: flex; align-items: center; gap: 12px; width: 100%; text-align: left; font-weight: 400; }
.accounts button:hover { background: var(--tint); }
.face {
  flex: none; display: grid; place-items: center; width: 38px; height: 38px; border-radius: 50%;
  background: var(--tint); color: var(--accent); font-weight: 700;
}
.who { min-width: 0; }
.who strong, .who span { display: block; overflow-wrap: anywhere; line-height: 1.3; }
.who span { color: var(--soft); font-size: 14px; }
.account { display: flex; align-items: center; gap: 12px; padding: 10px 12px; border: 1px solid var(--line); border-radius: 10px; }
.rights { margin: 16px 0; padding: 0; list-style: none; border-top: 1px solid var(--line); }
.rights li { padding: 10px 0; border-bottom: 1px solid var(--line); }
.choice { display: flex; align-items: center; gap: 10px; margin: 0; font: inherit; }
.choice input { width: auto; }
.actions { display: flex; gap: 10px; margin-top: 20px; }
.actions button { flex: 1; }
dl { margin: 0; }
dt { margin-top: 12px; font-size: 14px; color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.notice { padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; background: var(--tint); margin: 16px 0; }
.links { display: grid; gap: 12px; grid-template-columns: repeat(auto-fit, minmax(220px, 1fr)); margin: 18px 0; }
.links a { display: block; padding: 14px 16px; border: 1px solid var(--line); border-radius: 10px; text-decoration: none; }
.links a span { display: block; color: var(--soft); font-size: 14px; }
.rows { margin: 8px 0 0; padding: 0; list-style: none; }
.rows li { padding: 12px 0; border-top: 1px solid var(--line); }
`;
