// SPDX-License-Identifier: Apache-2.0
// Usage: npm run screenshots [-- --check]
// The main journey in the system's Chromium, as people walk it. Makes the
// pictures in docs/images; with --check none, but each page is still looked at
// wide and narrow: nothing may scroll sideways.
import { chromium } from 'playwright-core';
import { ensureChromium } from './lib/chromium.mjs';
import { runMain } from './lib/plainly.mjs';
import { clearReport, writeReport } from './lib/reports.mjs';
import { fromRoot } from './lib/repository.mjs';
import { createCamera } from './screenshots/createCamera.mjs';
import { walkJourney } from './screenshots/journey.mjs';
import { ensureSetUp } from './setup.mjs';
import { createInstallation } from './smoke/installation.mjs';

const STEP_TIMEOUT_MS = 45_000;

async function startEverything(installation) {
  await Promise.all([
    installation.startSandbox(),
    installation.startBackend(),
    installation.startPortal(),
  ]);
}

await runMain(async () => {
  const isCheck = process.argv.includes('--check');
  await ensureSetUp();
  const executablePath = ensureChromium();
  clearReport('journey');
  const counts = { passed: 0, failed: 0, skipped: 0 };
  const installation = await createInstallation({ postgres: false });
  let browser;
  const end = async () => {
    await browser?.close();
    await installation.remove();
  };
  const abandon = () => end().finally(() => process.exit(130));
  process.once('SIGINT', abandon);
  process.once('SIGTERM', abandon);

  const step = async (name, work) => {
    const startedAt = performance.now();
    await work();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    console.log(`${seconds.padStart(6)} s  ${name}`);
    counts.passed += 1;
  };

  let page;
  try {
    await step('start portal, backend and sandbox', () =>
      startEverything(installation),
    );
    browser = await chromium.launch({
      executablePath,
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
      ],
    });
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: 'en-GB',
      timezoneId: 'UTC',
      colorScheme: 'light',
    });
    context.setDefaultTimeout(STEP_TIMEOUT_MS);
    page = await context.newPage();
    const take = createCamera(isCheck ? undefined : fromRoot('docs', 'images'));
    await walkJourney({
      context,
      page,
      addresses: installation,
      take: (name, of = page, ...more) => take(name, of, ...more),
      step,
    });
    console.log('journey: ok');
    return 0;
  } catch (error) {
    counts.failed += 1;
    const picture = fromRoot('.reports', 'journey-failed.png');
    await page?.screenshot({ path: picture }).catch(() => {});
    console.error(`journey: ${error.message}`);
    console.error(`At ${page?.url()}; see .reports/journey-failed.png`);
    console.error(
      `\nThe backend's last lines:\n${installation.tail('backend')}`,
    );
    return 1;
  } finally {
    await end();
    writeReport('journey', counts);
  }
});
