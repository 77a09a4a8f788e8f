// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { fromRoot } from '../lib/repository.mjs';
import { addAccount, deliverMail } from './sandboxApi.mjs';
import { fillPasswordMailbox, sectionOf } from './portal.mjs';

const ADDRESS = 'help@corp.test';
const PASSWORD = 'open sesame';
const PROJECT_PATH = '/catalog/default/component/support-desk';

/**
 * A project's mailbox that is opened with a password, and what was in it
 * before.
 *
 * @param {object} world - as of `walkJourney`, with a project owner signed in
 */
export async function walkPasswordChannel({ page, addresses, take, step }) {
  const { portalUrl, sandboxUrl, imapPort } = addresses;

  const fill = async () => {
    await page.goto(`${portalUrl}${PROJECT_PATH}/email-requests`);
    await fillPasswordMailbox(page, {
      address: ADDRESS,
      imapPort,
      password: PASSWORD,
    });
  };
  await step('a channel with a password', async () => {
    await addAccount(sandboxUrl, { address: ADDRESS, password: PASSWORD });
    for (const name of ['hello.eml', 'styled.eml']) {
      const raw = await readFile(fromRoot('examples', 'mail', name));
      await deliverMail(sandboxUrl, ADDRESS, raw);
    }
    const fillAgain = async () => {
      const password = page.getByLabel('Password', { exact: true });
      if (!(await password.isVisible())) {
        await fill();
      }
    };
    await fill();
    await take('channel-password', page, fillAgain);
    await fillAgain();
    await page.getByRole('button', { name: 'Save and connect' }).click();
    await page.getByText('The channel is enabled').waitFor();
  });
  await step('older mail is read only where somebody says so', async () => {
    const panel = sectionOf(page, 'Mail that is in the mailbox already');
    const ask = async () => {
      // Each look into the mailbox is a sign-in, of which a person has few.
      if (!(await panel.isVisible())) {
        await page.getByRole('button', { name: 'Import older mail' }).click();
      }
      await panel.getByText('The mailbox holds 2 messages.').waitFor();
      await panel.getByRole('radio', { name: /newest older/ }).check();
    };
    await panel.waitFor();
    await ask();
    await panel.getByRole('button', { name: 'Import', exact: true }).click();
    await page.getByText('Your order has been shipped').first().waitFor();
    await take('channel-import', page, ask, panel);
  });
  await step('reading is paused, and goes on', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Reading is paused').waitFor();
    await take('channel-paused');
    await page.getByRole('button', { name: 'Go on reading' }).click();
    await page.getByText('Reading is paused').waitFor({ state: 'detached' });
  });
}
