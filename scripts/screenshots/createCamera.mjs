// SPDX-License-Identifier: Apache-2.0
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

const WIDTHS = [
  { name: 'wide', width: 1280, height: 800 },
  { name: 'phone', width: 360, height: 740 },
];
const SCHEMES = ['light', 'dark'];
const SETTLE_MS = 700;
// A page that is taller is cut: nobody looks at the end of such a picture.
const MAX_HEIGHT = 2200;

/**
 * Makes pictures of a page as it stands, wide and narrow, light and dark, and
 * leaves it as it was.
 *
 * The portal builds its pages anew when a window becomes narrow: `prepare`
 * brings a page back to what is to be seen.
 *
 * @param {string} folder - where the pictures go, as <name>-<width>-<scheme>.png
 */
export function createCamera(folder) {
  mkdirSync(folder, { recursive: true });
  return async function take(name, page, prepare = async () => {}) {
    const before = page.viewportSize();
    for (const { name: width, ...size } of WIDTHS) {
      for (const colorScheme of SCHEMES) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width: size.width, height: size.height });
        await page.waitForTimeout(SETTLE_MS);
        await prepare();
        const overflow = await page.evaluate(
          () =>
            document.documentElement.scrollWidth -
            document.documentElement.clientWidth,
        );
        if (overflow > 0) {
          throw new Error(
            `${name} scrolls sideways by ${overflow} pixels at ${size.width}`,
          );
        }
        const height = await contentHeight(page, size.height);
        await page.setViewportSize({ width: size.width, height });
        await page.waitForTimeout(SETTLE_MS / 2);
        await page.screenshot({
          path: join(folder, `${name}-${width}-${colorScheme}.png`),
          animations: 'disabled',
          caret: 'hide',
        });
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    if (before) {
      await page.setViewportSize(before);
    }
  };
}

// The portal scrolls inside its own elements, so the window is made as high as
// the tallest of them.
function contentHeight(page, atLeast) {
  return page.evaluate(
    ([least, most]) => {
      const heights = [...document.querySelectorAll('*')].map(
        element =>
          element.scrollHeight +
          Math.max(0, element.getBoundingClientRect().top),
      );
      return Math.min(Math.max(least, ...heights), most);
    },
    [atLeast, MAX_HEIGHT],
  );
}
