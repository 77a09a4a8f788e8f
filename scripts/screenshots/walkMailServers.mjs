// SPDX-License-Identifier: Apache-2.0
import { addAccount, deliverMail } from './sandboxApi.mjs';
import { choose, fillPasswordMailbox, sectionOf } from './portal.mjs';

const ADDRESS = 'alerts@corp.test';
const PASSWORD = 'open sesame';
const UNREADABLE = Buffer.from([0, 1, 2, 255, 13, 10, 0]);

const ALERT = [
  'From: Disk watch <watch@corp.test>',
  `To: ${ADDRESS}`,
  'Subject: Disk of shop-db-1 is 90 % full',
  'Message-ID: <disk-1@corp.test>',
  '',
  'It will be full in about three days.',
].join('\r\n');

/** Fills the editor of a new mail server, down to its handler. */
async function fillEditor(page, { imapPort, password }) {
  await page.getByLabel(/^Name/).fill('Alerts');
  await fillPasswordMailbox(page, { address: ADDRESS, imapPort, password });
  await choose(
    page,
    page.getByLabel('Handler', { exact: true }),
    /^Create a request/,
  );
  await page.getByRole('button', { name: 'Add handler' }).click();
  await page.getByLabel(/^Project/).fill('component:default/support-desk');
}

/**
 * An administrator's mail server from the first field to the log of its mails.
 * A test signs in somewhere, and a person has five of them in a minute: so each
 * is run only where the page does not show its result any more.
 *
 * @param {object} world - as of `walkJourney`, with an administrator signed in
 */
export async function walkMailServers({ page, addresses, take, step }) {
  const { portalUrl, sandboxUrl, imapPort } = addresses;
  const testSection = () => sectionOf(page, 'Test and save');

  /** Fills and tests, unless the page still stands where that leads. */
  const testWith = async (password, outcome) => {
    const result = testSection().getByText(outcome);
    if (await result.isVisible()) {
      return;
    }
    await page.goto(`${portalUrl}/incoming-mail/servers/new`);
    await fillEditor(page, { imapPort, password });
    await testSection()
      .getByRole('button', { name: 'Test connection' })
      .click();
    await result.waitFor();
  };

  await step('no mail server yet', async () => {
    await addAccount(sandboxUrl, { address: ADDRESS, password: PASSWORD });
    await page.goto(`${portalUrl}/incoming-mail/servers`);
    await page.getByText('No mail server yet').waitFor();
    await take('mail-servers-empty');
  });
  await step('a mail server cannot be saved untested', async () => {
    await page.goto(`${portalUrl}/incoming-mail/servers/new`);
    await page.getByRole('button', { name: 'Test connection' }).waitFor();
    const save = page.getByRole('button', { name: 'Save', exact: true });
    if (await save.isEnabled()) {
      throw new Error('A mail server could be saved without a test');
    }
    await take('mail-server-new');
  });
  await step(
    'handlers are bound, with the settings that they ask for',
    async () => {
      const fill = async () => {
        if (!(await page.getByLabel(/^Project/).isVisible())) {
          await page.goto(`${portalUrl}/incoming-mail/servers/new`);
          await fillEditor(page, { imapPort, password: PASSWORD });
        }
      };
      await fill();
      await take(
        'mail-server-handlers',
        page,
        fill,
        sectionOf(page, 'Who gets the mail'),
      );
    },
  );
  await step('a test that fails names the stage, and what to do', async () => {
    const fail = () => testWith('a wrong one', 'One check failed');
    await fail();
    await take('mail-server-failed', page, fail, testSection());
  });
  await step('a test that passes lets it be saved', async () => {
    const pass = () =>
      testWith(PASSWORD, 'It works, with something to look at');
    await pass();
    await take('mail-server-tested', page, pass, testSection());
    // The window is wide again, and the page built anew: what was tested is
    // still there.
    await page.getByText('The test passed for exactly these').waitFor();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText('“Alerts” is saved.').waitFor();
    await take('mail-servers', page, () =>
      page.getByText('Create a request, or comment on one').waitFor(),
    );
  });
  await step('its log tells what became of each mail', async () => {
    await deliverMail(sandboxUrl, ADDRESS, ALERT);
    await deliverMail(sandboxUrl, ADDRESS, UNREADABLE);
    await page.getByRole('link', { name: 'Alerts' }).click();
    await page.getByText('Quarantined').waitFor();
    await take('mail-server');
  });
  await step('a dry run tells what would become of one now', async () => {
    const tryIt = async () => {
      const result = page.getByText('What would become of it now');
      if (await result.isVisible()) {
        return;
      }
      const mail = page.getByRole('button', { name: /Disk of shop-db-1/ });
      if ((await mail.getAttribute('aria-expanded')) !== 'true') {
        await mail.click();
      }
      await page.getByRole('button', { name: 'Try without effect' }).click();
      await result.waitFor();
    };
    await tryIt();
    await take('mail-dry-run', page, tryIt, sectionOf(page, 'Mail log'));
  });
}
