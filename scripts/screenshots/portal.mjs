// SPDX-License-Identifier: Apache-2.0

/** Leaves whoever is signed in, and signs in as someone else. */
export async function signInAs(page, portalUrl, name) {
  await page.goto(portalUrl);
  await page.evaluate(() => {
    localStorage.clear();
    sessionStorage.clear();
  });
  await page.goto(portalUrl);
  await page.getByRole('button', { name: new RegExp(name) }).click();
  await page.getByRole('link', { name: 'Settings' }).first().waitFor();
}

/** A select of the portal, by the words of its option. */
export async function choose(page, field, option) {
  const isNative = await field.evaluate(
    element => element.tagName === 'SELECT',
  );
  if (isNative) {
    const label = await field
      .locator('option')
      .evaluateAll(
        (options, source) =>
          options.find(({ text }) => new RegExp(source).test(text))?.text,
        option.source,
      );
    await field.selectOption({ label });
    return;
  }
  await field.click();
  await page.getByRole('option', { name: option }).click();
}

/** The part of an editor or page under a heading. */
export function sectionOf(page, heading) {
  return page.locator('section', {
    has: page.getByRole('heading', { name: heading, exact: true }),
  });
}

/** Fills in a mailbox of the sandbox that is opened with a password. */
export async function fillPasswordMailbox(page, mailbox) {
  const { address, imapPort, password } = mailbox;
  await page.getByLabel(/^Email address/).fill(address);
  // With OAuth 2.0 the server would be the integration's.
  await choose(page, page.getByLabel(/^Authentication method/), /^Password$/);
  await page.getByLabel(/^Host/).fill('localhost');
  await page.getByLabel(/^Port/).fill(`${imapPort}`);
  await choose(page, page.getByLabel(/^Security/), /^None/);
  await page.getByLabel('Password', { exact: true }).fill(password);
}
