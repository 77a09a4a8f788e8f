// SPDX-License-Identifier: Apache-2.0
import { readFile } from 'node:fs/promises';
import { fromRoot } from '../lib/repository.mjs';
import { choose, signInAs } from './portal.mjs';
import { deliverMail, setFaults } from './sandboxApi.mjs';
import { walkMailServers } from './walkMailServers.mjs';
import { walkPasswordChannel } from './walkPasswordChannel.mjs';

const ADDRESS = 'support@corp.test';
const PROJECT_PATH = '/catalog/default/component/payments';

/** A second tab: the sandbox's page on which applications are registered. */
async function registerApplication(context, sandboxUrl, redirectUrl) {
  const page = await context.newPage();
  await page.goto(`${sandboxUrl}/apps`);
  await page.getByLabel(/name/i).first().fill('Postroom');
  await page.getByLabel(/redirect/i).fill(redirectUrl);
  await page.getByRole('button', { name: /register/i }).click();
  const clientId = await page.locator('#client-id').innerText();
  const clientSecret = await page.locator('#client-secret').innerText();
  await page.close();
  return { clientId: clientId.trim(), clientSecret: clientSecret.trim() };
}

async function fillIntegration(page, { sandboxUrl, imapPort }) {
  const issuer = `${sandboxUrl}/oidc`;
  await page.getByLabel('Name', { exact: false }).first().fill('Corp mail');
  await page.getByLabel(/^Authorization endpoint/).fill(`${issuer}/auth`);
  await page.getByLabel(/^Token endpoint/).fill(`${issuer}/token`);
  await page.getByLabel(/^Issuer/).fill(issuer);
  await page.getByLabel(/^Scopes/).fill('openid\nemail\noffline_access\nmail');
  await page.getByLabel(/^Allowed e-mail domains/).fill('corp.test');
  const server = page.getByRole('group', { name: 'Mail server 1' });
  await server.getByLabel(/^Host/).fill('localhost');
  await server.getByLabel(/^Port/).fill(`${imapPort}`);
  await choose(page, server.getByLabel(/^Security/), /^None/);
}

const exampleMail = name => readFile(fromRoot('examples', 'mail', name));

/**
 * The main journey as people walk it, step by step. A step that cannot be
 * taken throws; `take` makes pictures of the page that the step has reached.
 * The portal builds itself anew when a window becomes narrow, and what was
 * typed is gone then: so pictures are taken before or after filling a form.
 *
 * @param {object} world
 * @param {import('playwright-core').BrowserContext} world.context
 * @param {import('playwright-core').Page} world.page
 * @param {{ portalUrl: string, sandboxUrl: string, imapPort: number }} world.addresses
 * @param {ReturnType<typeof import('./createCamera.mjs').createCamera>} world.take
 * @param {(name: string, work: () => Promise<void>) => Promise<void>} world.step
 */
export async function walkJourney({ context, page, addresses, take, step }) {
  const { portalUrl, sandboxUrl } = addresses;

  await step('the sign-in page offers a choice', async () => {
    await page.goto(portalUrl);
    await page.getByRole('button', { name: /Ada Admin/ }).waitFor();
    await take('sign-in');
  });
  await step('sign in as administrator', () =>
    signInAs(page, portalUrl, 'Ada Admin'),
  );
  await step('no integration yet', async () => {
    await page.goto(`${portalUrl}/incoming-mail`);
    await page.getByText('No integration yet').waitFor();
    await take('integrations-empty');
  });
  await step('register an OAuth 2.0 integration', async () => {
    await page
      .getByRole('button', { name: 'Add new integration' })
      .or(page.getByRole('link', { name: 'Add new integration' }))
      .first()
      .click();
    await page.getByRole('radio', { name: /Custom/ }).click();
    const field = page.getByLabel(/^Redirect URL/);
    await page.waitForFunction(
      element => element.value.includes('/oauth/callback/'),
      await field.elementHandle(),
    );
    const client = await registerApplication(
      context,
      sandboxUrl,
      await field.inputValue(),
    );
    await fillIntegration(page, addresses);
    await page.getByLabel(/^Client ID/).fill(client.clientId);
    await page.getByLabel(/^Client secret/).fill(client.clientSecret);
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByText(/“Corp mail” is saved/).waitFor();
    await take('integrations');
  });
  await step('look at the integration again, and have it checked', async () => {
    await page.getByLabel('Edit Corp mail').click();
    await page.getByText('A secret is stored').waitFor();
    const test = async () => {
      await page.getByRole('button', { name: 'Test connection' }).click();
      await page
        .getByText('Client ID and client secret are accepted')
        .waitFor();
    };
    await test();
    await take('integration', page, test);
  });
  await step('the guide for Microsoft stands beside the fields', async () => {
    const chooseMicrosoft = async () => {
      await page.getByRole('radio', { name: /Microsoft/ }).click();
      await page.getByText('App registrations').first().waitFor();
    };
    await page.goto(`${portalUrl}/incoming-mail/oauth/new`);
    await chooseMicrosoft();
    await take('integration-microsoft', page, chooseMicrosoft);
  });
  await walkMailServers({ page, addresses, take, step });
  await step('sign in as project owner', () =>
    signInAs(page, portalUrl, 'Olga Owner'),
  );
  await step('the project has no mailbox yet', async () => {
    await page.goto(`${portalUrl}${PROJECT_PATH}/email-requests`);
    await page.getByText('Connect a mailbox').waitFor();
    await take('channel-new');
  });
  await step('save and authorize, in a popup without an opener', async () => {
    // The provider's pages cut the tie between the popup and the page (T12).
    await setFaults(sandboxUrl, { coopHeader: true });
    await page.getByLabel(/^Email address/).fill(ADDRESS);
    await choose(page, page.getByLabel(/^Authentication method/), /Corp mail/);
    const opened = page.waitForEvent('popup');
    await page.getByRole('button', { name: 'Save and authorize' }).click();
    const popup = await opened;
    await popup.getByRole('button', { name: new RegExp(ADDRESS) }).waitFor();
    await take('popup-login', popup);
    await popup.getByRole('button', { name: new RegExp(ADDRESS) }).click();
    await popup.getByRole('button', { name: 'Allow' }).waitFor();
    await take('popup-consent', popup);
    await popup.getByRole('button', { name: 'Allow' }).click();
    await page.getByText('The channel is enabled').waitFor();
    await page.getByText('Reading starts from now on').waitFor();
  });
  await step('a mail becomes a request', async () => {
    await deliverMail(sandboxUrl, ADDRESS, await exampleMail('hello.eml'));
    await page.getByRole('button', { name: 'Check for mail now' }).click();
    await page.goto(`${portalUrl}${PROJECT_PATH}/requests`);
    await page.getByText('The invoice of October is missing').waitFor();
  });
  await step('a reply becomes a comment on it', async () => {
    await deliverMail(sandboxUrl, ADDRESS, await exampleMail('reply.eml'));
    await deliverMail(sandboxUrl, ADDRESS, await exampleMail('styled.eml'));
    await deliverMail(
      sandboxUrl,
      ADDRESS,
      Buffer.from([0, 1, 2, 255, 13, 10, 0]),
    );
    await page.getByText('Your order has been shipped').waitFor();
    await take('requests');
    await page.getByText('The invoice of October is missing').click();
    await page.getByText('it was in the spam folder').waitFor();
    await take('request');
  });
  await step(
    'a styled mail is shown formatted, and loads nothing',
    async () => {
      const loaded = [];
      const note = request => loaded.push(request.url());
      page.on('request', note);
      await page.getByText('All requests').click();
      await page.getByText('Your order has been shipped').click();
      const showFormatted = async () => {
        await page.getByRole('button', { name: 'Formatted' }).click();
        await page
          .frameLocator('iframe[title="Formatted mail"]')
          .getByText('On its way')
          .waitFor();
      };
      await showFormatted();
      await take('request-formatted', page, showFormatted);
      page.off('request', note);
      const foreign = loaded.filter(url => url.includes('tracker.test'));
      if (foreign.length > 0) {
        throw new Error(`The mail had ${foreign[0]} loaded`);
      }
    },
  );
  await step('everyone can see why each mail ended where it did', async () => {
    await page.goto(`${portalUrl}${PROJECT_PATH}/email-requests`);
    await page.getByText('Quarantined').first().waitFor();
    await take('channel');
  });
  await step(
    'the owner of the mailbox gives access by a link, without the portal',
    async () => {
      await page.getByRole('button', { name: 'Make a link' }).click();
      const link = page.getByLabel('Link', { exact: true });
      await link.waitFor();
      // Somebody else's browser, which knows nothing of the portal.
      const stranger = await context.browser().newContext({ locale: 'en-GB' });
      const guest = await stranger.newPage();
      await guest.goto(await link.inputValue());
      await guest.getByText(`read ${ADDRESS}?`).waitFor();
      await take('link', guest);
      await guest.getByRole('button', { name: /^Continue to/ }).click();
      await guest.getByRole('button', { name: new RegExp(ADDRESS) }).click();
      await guest.getByRole('button', { name: 'Allow' }).click();
      await guest.getByRole('heading', { name: /^Done/ }).waitFor();
      await take('link-done', guest);
      await stranger.close();
      await page.reload();
      await page.getByText('authorized by the link').waitFor();
    },
  );
  await walkPasswordChannel({ page, addresses, take, step });
}
