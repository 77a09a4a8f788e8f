// SPDX-License-Identifier: Apache-2.0
// Usage: npm run smoke [-- --postgres]
// The main job from outside, over HTTP alone: sign in, register an integration,
// walk the consent, send mail, compare; then kill the backend while more mail
// is on its way, start it again, and compare again.
import { runMain } from './lib/plainly.mjs';
import { clearReport, writeReport } from './lib/reports.mjs';
import { ensureSetUp } from './setup.mjs';
import { Browser } from './smoke/Browser.mjs';
import { findDifferences, readOutcome } from './smoke/compare.mjs';
import { createInstallation } from './smoke/installation.mjs';
import { twentyMails } from './smoke/mails.mjs';
import { Portal } from './smoke/Portal.mjs';

const PROJECT = '/projects/component/default/payments';
const ADDRESS = 'support@corp.test';
const WAIT_MS = 45_000;

const pause = ms => new Promise(resolve => setTimeout(resolve, ms));

/** Asks until the answer is there; says what it waited for when it is not. */
async function until(what, ask) {
  const deadline = Date.now() + WAIT_MS;
  for (;;) {
    const answer = await ask();
    if (answer) {
      return answer;
    }
    if (Date.now() > deadline) {
      throw new Error(`Waited in vain for ${what}`);
    }
    await pause(200);
  }
}

async function registerIntegration(admin, { sandboxUrl, imapPort }) {
  const { callbackSlug, redirectUrl } = await admin.call(
    'POST',
    '/redirect-urls',
  );
  const registered = await fetch(`${sandboxUrl}/api/clients`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Postroom', redirectUris: [redirectUrl] }),
  });
  const { clientId, clientSecret } = await registered.json();
  const issuer = `${sandboxUrl}/oidc`;
  return admin.call('POST', '/integrations', {
    callbackSlug,
    name: 'Sandbox',
    provider: 'custom',
    issuer,
    authorizationEndpoint: `${issuer}/auth`,
    tokenEndpoint: `${issuer}/token`,
    scopes: ['openid', 'email', 'offline_access', 'mail'],
    clientId,
    clientSecret,
    clientAuthentication: 'client_secret_basic',
    allowedDomains: ['corp.test'],
    mailHosts: [
      { protocol: 'imap', host: 'localhost', port: imapPort, security: 'none' },
    ],
  });
}

async function connectChannel(owner, installation) {
  const choices = await owner.list(`${PROJECT}/integrations`);
  await owner.call('POST', `${PROJECT}/channel`, {
    address: ADDRESS,
    server: choices[0].mailHosts[0],
    authentication: { method: 'oauth', integrationId: choices[0].id },
  });
  const browser = new Browser();
  const cookiePath = '/.backstage/auth/v1/cookie';
  const cookie = await owner.request('GET', cookiePath);
  browser.remember(installation.backendUrl, cookie.headers.getSetCookie());
  const { consentId, startUrl } = await owner.call(
    'POST',
    `${PROJECT}/channel/consents`,
    { returnOrigin: installation.portalUrl },
  );
  const login = await browser.open(startUrl);
  const consent = await browser.submit(login, { account: ADDRESS });
  const done = await browser.submit(consent, { decision: 'allow' });
  const { status, failure } = await owner.call('GET', `/consents/${consentId}`);
  if (status !== 'succeeded') {
    throw new Error(
      `The consent ended as ${status} ${JSON.stringify(failure)} at ${
        done.status
      } ${new URL(done.url).pathname}`,
    );
  }
}

async function send({ sandboxUrl }, mail) {
  const response = await fetch(
    `${sandboxUrl}/api/messages?to=${encodeURIComponent(ADDRESS)}`,
    {
      method: 'POST',
      headers: { 'content-type': 'message/rfc822' },
      body: mail.raw,
    },
  );
  if (!response.ok) {
    throw new Error(`The sandbox did not take a mail: ${response.status}`);
  }
}

async function untilHandled(owner, count) {
  await until(`${count} mails to be handled`, async () => {
    const messages = await owner.list(`${PROJECT}/messages`);
    const open = messages.filter(({ state }) => state === 'stored');
    return messages.length >= count && open.length === 0;
  });
  // Whatever comes twice has had its chance to come.
  await pause(1_500);
}

async function expectNoDifference(owner, mails) {
  const outcome = await readOutcome(owner, PROJECT);
  const differences = findDifferences(mails, outcome);
  if (outcome.messages.length !== mails.length) {
    differences.push(
      `${mails.length} mails were sent, ${outcome.messages.length} are in the mail log`,
    );
  }
  if (differences.length > 0) {
    throw new Error(`It differs:\n  ${differences.join('\n  ')}`);
  }
  const { requests, kept } = outcome;
  const comments = requests.flatMap(request => request.comments);
  return `${requests.length} requests, ${comments.length} comments, ${kept.length} kept`;
}

/** Asks the plugin whether its database is as it should be. */
async function expectInvariants({ backendUrl }) {
  const admin = await Portal.signIn(backendUrl, 'ada');
  const { ok, invariants } = await admin.call('GET', '/health/invariants');
  if (!ok) {
    const violated = invariants.filter(({ violations }) => violations > 0);
    throw new Error(`Violated: ${JSON.stringify(violated)}`);
  }
  return `${invariants.length} invariants`;
}

async function walk(installation, step) {
  let admin;
  let owner;
  const mails = twentyMails();

  await step('start the sandbox', installation.startSandbox);
  await step('start the backend', installation.startBackend);
  await step('sign in as administrator and as project owner', async () => {
    admin = await Portal.signIn(installation.backendUrl, 'ada');
    owner = await until(
      'the catalog to know the people and projects',
      async () => {
        const portal = await Portal.signIn(installation.backendUrl, 'olga');
        const answer = await portal.request('GET', `${PROJECT}/integrations`);
        return answer.ok && portal;
      },
    );
  });
  await step('register an OAuth 2.0 integration', () =>
    registerIntegration(admin, installation),
  );
  await step('save the channel and walk the consent', () =>
    connectChannel(owner, installation),
  );
  await step('send 20 mails', async () => {
    for (const mail of mails) {
      await send(installation, mail);
    }
  });
  await step('all of them are handled', () =>
    untilHandled(owner, mails.length),
  );
  await step('compare', () => expectNoDifference(owner, mails));

  const more = twentyMails();
  await step('send 20 more, and kill the backend in the middle', async () => {
    const [before, after] = [more.slice(0, 11), more.slice(11)];
    for (const mail of before) {
      await send(installation, mail);
    }
    await until('the first of them to be stored', async () => {
      const messages = await owner.list(`${PROJECT}/messages`);
      return messages.length > mails.length;
    });
    await installation.killBackend();
    for (const mail of after) {
      await send(installation, mail);
    }
  });
  await step('start the backend again', installation.startBackend);
  await step('all of them are handled', async () => {
    owner = await Portal.signIn(installation.backendUrl, 'olga');
    await until('the catalog', async () => {
      const answer = await owner.request('GET', `${PROJECT}/channel`);
      return answer.ok;
    });
    await untilHandled(owner, mails.length + more.length);
  });
  await step('compare', () => expectNoDifference(owner, [...mails, ...more]));
  await step('no invariant is violated', () => expectInvariants(installation));
}

await runMain(async () => {
  const postgres = process.argv.includes('--postgres');
  await ensureSetUp();
  const suite = postgres ? 'smoke-postgres' : 'smoke-sqlite';
  clearReport(suite);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  console.log(`smoke on ${postgres ? 'PostgreSQL' : 'SQLite'}`);
  const installation = await createInstallation({ postgres });
  const abandon = () => installation.remove().finally(() => process.exit(130));
  process.once('SIGINT', abandon);
  process.once('SIGTERM', abandon);

  const step = async (name, work) => {
    const startedAt = performance.now();
    const result = await work();
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    const addition = typeof result === 'string' ? `: ${result}` : '';
    console.log(`${seconds.padStart(6)} s  ${name}${addition}`);
    counts.passed += 1;
  };

  try {
    await walk(installation, step);
    console.log('smoke: ok');
    return 0;
  } catch (error) {
    counts.failed += 1;
    console.error(`smoke: ${error.message}`);
    console.error(
      `\nThe backend's last lines:\n${installation.tail('backend')}`,
    );
    return 1;
  } finally {
    await installation.remove();
    writeReport(suite, counts);
  }
});
