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
const MAX_HEIGHT = 2800;

/**
 * Makes pictures of a page as it stands, wide and narrow, light and dark, and
 * leaves it as it was. What is wider than the window is an error.
 *
 * The portal builds its pages anew when a window becomes narrow: `prepare`
 * brings a page back to what is to be seen. With `part` the picture is of that
 * part of the page alone.
 *
 * @param {string | undefined} folder - where the pictures go, as
 *   <name>-<width>-<scheme>.png; without, nothing is made and pages are only
 *   looked at
 */
export function createCamera(folder) {
  if (folder) {
    mkdirSync(folder, { recursive: true });
  }
  return async function take(name, page, prepare = async () => {}, part) {
    const before = page.viewportSize();
    for (const { name: width, ...size } of WIDTHS) {
      for (const colorScheme of folder ? SCHEMES : SCHEMES.slice(0, 1)) {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize(size);
        await page.waitForTimeout(SETTLE_MS);
        await prepare();
        await refuseSideways(page, `${name}, ${size.width} pixels wide`);
        if (folder) {
          const path = join(folder, `${name}-${width}-${colorScheme}.png`);
          await takeOne(page, { path, size, part });
        }
      }
    }
    await page.emulateMedia({ colorScheme: 'light' });
    if (before) {
      await page.setViewportSize(before);
    }
  };
}

async function takeOne(page, { path, size, part }) {
  const height = await contentHeight(page, size.height);
  await page.setViewportSize({ width: size.width, height });
  await page.waitForTimeout(SETTLE_MS / 2);
  await (part ?? page).screenshot({
    path,
    animations: 'disabled',
    caret: 'hide',
  });
}

// The window itself, and the part of the portal that scrolls in its place.
async function refuseSideways(page, what) {
  const overflow = await page.evaluate(() =>
    Math.max(
      ...[document.documentElement, ...document.querySelectorAll('main')].map(
        ({ scrollWidth, clientWidth }) => scrollWidth - clientWidth,
      ),
    ),
  );
  if (overflow > 0) {
    throw new Error(`${what}, scrolls sideways by ${overflow} pixels`);
  }
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
      return Math.min(Math.ceil(Math.max(least, ...heights)), most);
    },
    [atLeast, MAX_HEIGHT],
  );
}
