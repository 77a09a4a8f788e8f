// SPDX-License-Identifier: Apache-2.0
import {
  cleanup,
  fireEvent,
  screen,
  waitFor,
  within,
} from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { usePermission } from '@backstage/plugin-permission-react';
import { oauthProviders } from '@postroom/plugin-incoming-mail-common';
import { Route, Routes } from 'react-router-dom';
import {
  Answers,
  FakeIncomingMailApi,
} from '../../__testUtils__/FakeIncomingMailApi';
import { anIntegration, aRefusal } from '../../__testUtils__/samples';
import { incomingMailApiRef } from '../../api/incomingMailApiRef';
import { rootRouteRef } from '../../routes';
import { IntegrationsContent } from './IntegrationsContent';

jest.mock('@backstage/plugin-permission-react', () => ({
  ...jest.requireActual('@backstage/plugin-permission-react'),
  // The real one remembers answers from one test to the next.
  usePermission: jest.fn(),
}));

// The whole editor is drawn anew with every key, on whatever machine this runs.

const reserved = {
  callbackSlug: 'AAAAAAAAAAAAAAAAAAAAAA',
  redirectUrl: 'https://portal.test/callback/AAAAAAAAAAAAAAAAAAAAAA',
};

function render(path: string, answers: Answers, denied: string[] = []) {
  const api = new FakeIncomingMailApi(answers);
  jest.mocked(usePermission).mockImplementation(({ permission }) => ({
    loading: false,
    allowed: !denied.includes(permission.name),
  }));
  renderInTestApp(
    <Routes>
      <Route path="/incoming-mail/oauth/*" element={<IntegrationsContent />} />
    </Routes>,
    {
      initialRouteEntries: [`/incoming-mail/oauth${path}`],
      mountedRoutes: { '/incoming-mail': rootRouteRef },
      apis: [[incomingMailApiRef, api]],
    },
  );
  return { api, user: userEvent.setup() };
}

type User = ReturnType<typeof userEvent.setup>;

/** In one go; every letter typed would draw the whole editor again. */
async function fill(user: User, field: HTMLElement, text: string) {
  await user.clear(field);
  await user.click(field);
  await user.paste(text);
}

describe('IntegrationsContent', () => {
  it('S30: lists integrations with their state, servers and users', async () => {
    render('', {
      listIntegrations: () => ({
        items: [
          anIntegration(),
          anIntegration({ id: 'b', name: 'New one', ready: false }),
        ],
      }),
    });
    const row = await screen.findByRole('row', { name: /Corp mail/ });
    expect(within(row).getByText('Ready')).toBeInTheDocument();
    expect(within(row).getByText('IMAP imap.corp.test:993')).toBeVisible();
    expect(
      within(screen.getByRole('row', { name: /New one/ })).getByText(
        'Needs client ID and secret',
      ),
    ).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Edit Corp mail' }),
    ).toHaveAttribute('href', `/incoming-mail/oauth/${anIntegration().id}`);
  });

  it('S14: says what to do first where there is none', async () => {
    render('', { listIntegrations: () => ({ items: [] }) });
    expect(await screen.findByText('No integration yet')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Add new integration' }),
    ).toHaveAttribute('href', '/incoming-mail/oauth/new');
  });

  it('offers to try again after a failure', async () => {
    const refusal = await aRefusal(503, 'starting');
    const listIntegrations = jest
      .fn()
      .mockRejectedValueOnce(refusal)
      .mockReturnValue({ items: [anIntegration()] });
    const { user } = render('', { listIntegrations });
    expect(
      await screen.findByText('The portal’s backend did not answer'),
    ).toBeInTheDocument();
    await user.click(screen.getByRole('button', { name: 'Try again' }));
    expect(await screen.findByText('Corp mail')).toBeInTheDocument();
  });

  it('refuses people without the permission, asking nothing', async () => {
    const { api } = render('', {}, ['incoming-mail.integration.read']);
    expect(
      await screen.findByText('Integrations are for administrators'),
    ).toBeInTheDocument();
    expect(api.names).toEqual([]);
  });

  it('shows no buttons that the person may not use', async () => {
    render('', { listIntegrations: () => ({ items: [anIntegration()] }) }, [
      'incoming-mail.integration.create',
      'incoming-mail.integration.delete',
    ]);
    expect(await screen.findByText('Corp mail')).toBeInTheDocument();
    expect(screen.queryByText('Add new integration')).not.toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Delete Corp mail' }),
    ).not.toBeInTheDocument();
  });

  it('tells who still uses what cannot be deleted', async () => {
    const inUse = await aRefusal(409, 'Used by component:default/support');
    const { user } = render('', {
      listIntegrations: () => ({ items: [anIntegration()] }),
      listIntegrationUsers: () => ({
        items: [
          {
            kind: 'channel',
            projectRef: 'component:default/support',
            address: 'support@corp.test',
          },
        ],
      }),
      deleteIntegration: () => Promise.reject(inUse),
    });
    await user.click(
      await screen.findByRole('button', { name: 'Delete Corp mail' }),
    );
    const dialog = await screen.findByRole('dialog');
    expect(dialog).toHaveTextContent('A mailbox still uses it');
    expect(
      await within(dialog).findByText(
        'component:default/support: channel support@corp.test',
      ),
    ).toBeInTheDocument();
    await user.click(within(dialog).getByRole('button', { name: 'Delete' }));
    expect(await within(dialog).findByRole('alert')).toHaveTextContent(
      'Used by component:default/support',
    );
  });

  it('S18: offers the providers that modules bring, and remembers which one was chosen', async () => {
    const { api, user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      listProviders: () => ({
        items: [
          {
            id: 'corp-login',
            title: 'Corp login',
            description: 'Mailboxes of the company.',
            issuer: 'https://id.corp.test',
            authorizationEndpoint: 'https://id.corp.test/auth',
            tokenEndpoint: 'https://id.corp.test/token',
            recommendedScopes: ['openid', 'mail'],
            clientAuthentication: 'client_secret_post',
            mailHosts: [anIntegration().mailHosts[0]],
            links: { flow: 'https://help.corp.test/flow' },
          },
        ],
      }),
      createIntegration: ({ body }) => anIntegration({ name: body.name }),
      listIntegrations: () => ({ items: [] }),
    });
    await user.click(await screen.findByRole('radio', { name: 'Corp login' }));
    expect(screen.getByText('Mailboxes of the company.')).toBeInTheDocument();
    expect(screen.getByRole('link', { name: /Corp login/ })).toHaveAttribute(
      'href',
      'https://help.corp.test/flow',
    );

    await fill(user, screen.getByLabelText(/^Name/), 'Corp');
    await user.click(screen.getByRole('button', { name: 'Save draft' }));
    await waitFor(() =>
      expect(api.lastInput('createIntegration')).toMatchObject({
        body: {
          provider: 'custom',
          preset: 'corp-login',
          tokenEndpoint: 'https://id.corp.test/token',
          scopes: ['openid', 'mail'],
          clientAuthentication: 'client_secret_post',
        },
      }),
    );
  });

  it('S15, S16, S19: has the redirect URL before client ID and secret, and saves a draft', async () => {
    const { api, user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      createIntegration: ({ body }) =>
        anIntegration({ name: body.name, ready: false }),
      listIntegrations: () => ({ items: [] }),
    });
    expect(await screen.findByLabelText('Redirect URL')).toHaveValue(
      reserved.redirectUrl,
    );
    await user.click(screen.getByRole('radio', { name: 'Microsoft' }));
    const save = screen.getByRole('button', { name: 'Save draft' });
    await user.click(save);
    expect(
      await screen.findByText('Some fields need your attention.'),
    ).toBeInTheDocument();
    expect(screen.getByLabelText(/^Name/)).toHaveAccessibleDescription(
      'Is required',
    );
    expect(api.names).not.toContain('createIntegration');

    await fill(user, screen.getByLabelText(/^Name/), 'Outlook');
    await user.click(save);
    expect(
      await screen.findByText(/“Outlook” is saved as a draft/),
    ).toBeInTheDocument();
    expect(api.lastInput('createIntegration')).toMatchObject({
      body: {
        provider: 'microsoft',
        callbackSlug: reserved.callbackSlug,
        clientAuthentication: 'client_secret_basic',
      },
    });
  });

  it('shows the backend’s field errors at their fields', async () => {
    const refusal = await aRefusal(400, 'Invalid input', [
      { path: 'body.tokenEndpoint', message: 'is not reachable' },
    ]);
    const { user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      createIntegration: () => Promise.reject(refusal),
    });
    await screen.findByLabelText('Redirect URL');
    await fill(user, screen.getByLabelText(/^Name/), 'Mail');
    await fill(user, screen.getByLabelText('Client ID'), 'abc');
    await fill(user, screen.getByLabelText('Client secret'), 'secret');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(
        screen.getByLabelText(/^Token endpoint/),
      ).toHaveAccessibleDescription('Is not reachable'),
    );
  });

  it('keeps the stored secret, and asks for it when the endpoint changes', async () => {
    const { api, user } = render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration(),
      updateIntegration: () => anIntegration({ version: 4 }),
      listIntegrations: () => ({ items: [] }),
    });
    const secret = await screen.findByLabelText('Client secret');
    expect(secret).toHaveValue('');
    expect(secret).toHaveAccessibleDescription(
      'A secret is stored. Leave empty to keep it.',
    );
    const endpoint = screen.getByLabelText(/^Token endpoint/);
    await user.type(endpoint, '2');
    expect(secret).toBeInvalid();
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(api.names).not.toContain('updateIntegration');

    await user.type(endpoint, '{Backspace}');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(
      await screen.findByText(
        /Next: test the connection, then open a project’s/,
      ),
    ).toBeInTheDocument();
    expect(api.lastInput('updateIntegration')).not.toHaveProperty(
      'body.clientSecret',
      expect.anything(),
    );
  });

  describe('with two client secrets', () => {
    const rotating = (state: 'untried' | 'in-use' | 'refused', version = 3) =>
      anIntegration({
        version,
        nextClientSecret: { state, updatedAt: '2024-05-06T07:08:09.000Z' },
      });

    it('P18: adds the next one beside the stored one, behind a button', async () => {
      const { api, user } = render(`/${anIntegration().id}`, {
        getIntegration: () => anIntegration(),
        updateIntegration: () => anIntegration({ version: 4 }),
        listIntegrations: () => ({ items: [] }),
      });
      await user.click(
        await screen.findByRole('button', {
          name: 'Add a new secret and keep the old one for now',
        }),
      );
      await fill(
        user,
        screen.getByLabelText('New client secret, beside the stored one'),
        'the-next-secret',
      );
      await user.click(screen.getByRole('button', { name: 'Save' }));
      await screen.findByText(/Next: test the connection/);
      expect(api.lastInput('updateIntegration')).toMatchObject({
        body: { nextClientSecret: 'the-next-secret' },
      });
    });

    it('P18: offers to remove the old one once the new one is proven, not before', async () => {
      let stored = rotating('untried');
      const { api, user } = render(`/${stored.id}`, {
        getIntegration: () => stored,
        retireClientSecret: () => {
          stored = anIntegration({ version: 4 });
          return stored;
        },
      });
      expect(
        await screen.findByText('The new client secret has not been used yet'),
      ).toBeVisible();
      const removeOld = { name: 'Remove the old secret' };
      expect(screen.queryByRole('button', removeOld)).not.toBeInTheDocument();
      cleanup();

      stored = rotating('in-use');
      const proven = render(`/${stored.id}`, {
        getIntegration: () => stored,
        retireClientSecret: () => {
          stored = anIntegration({ version: 4 });
          return stored;
        },
      });
      const button = await screen.findByRole('button', removeOld);
      // A reload would take away what is typed.
      const name = screen.getByLabelText(/^Name/);
      await user.type(name, 'x');
      expect(button).toBeDisabled();
      await user.type(name, '{Backspace}');
      await user.click(button);
      await waitFor(() =>
        expect(
          screen.queryByText('The new client secret is in use'),
        ).not.toBeInTheDocument(),
      );
      expect(api.names).not.toContain('retireClientSecret');
      expect(proven.api.lastInput('retireClientSecret')).toEqual({
        params: { integrationId: stored.id },
        body: { secret: 'present', version: 3 },
      });
    });

    it('says that the new one is refused, and lets it be given up', async () => {
      const { api, user } = render(`/${anIntegration().id}`, {
        getIntegration: () => rotating('refused'),
        retireClientSecret: () => anIntegration({ version: 4 }),
      });
      expect(
        await screen.findByText(/The provider refuses the new client secret/),
      ).toBeVisible();
      expect(
        screen.queryByRole('button', { name: 'Remove the old secret' }),
      ).not.toBeInTheDocument();
      await user.click(
        screen.getByRole('button', { name: 'Give the new secret up' }),
      );
      await waitFor(() =>
        expect(api.lastInput('retireClientSecret')).toMatchObject({
          body: { secret: 'next' },
        }),
      );
    });
  });

  it('adds authorization parameters from the list, with the errors at their rows', async () => {
    const { api, user } = render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration(),
      updateIntegration: () => anIntegration({ version: 4 }),
      listIntegrations: () => ({ items: [] }),
    });
    const add = await screen.findByRole('button', { name: 'Add parameter' });
    await user.click(add);
    await user.click(add);
    const names = within(screen.getByLabelText('Parameter 1'))
      .getAllByRole('option')
      .map(option => option.textContent);
    expect(names).toContain('domain_hint');
    expect(names).not.toContain('redirect_uri');
    // The second row has taken the second name.
    expect(names).not.toContain('access_type');
    const value = screen.getByLabelText(/^Value of parameter 1/);
    await fill(user, value, 'none');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(value).toHaveAccessibleDescription(
      'Is not made of login, consent, select_account',
    );
    await fill(user, value, 'login');
    await user.click(
      screen.getByRole('button', { name: 'Remove parameter 2' }),
    );
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await screen.findByText(/Next: test the connection/);
    expect(api.lastInput('updateIntegration')).toMatchObject({
      body: { authorizationParameters: [{ name: 'prompt', value: 'login' }] },
    });
  });

  it('T59, D4: shows crowded accounts and the next end of an access', async () => {
    const integration = anIntegration({
      crowdedAccount: { account: 'support@corp.test', grants: 23 },
      nextConsentEnd: '2027-01-31T10:00:00.000Z',
    });
    render('', { listIntegrations: () => ({ items: [integration] }) });
    const row = await screen.findByRole('row', { name: /Corp mail/ });
    expect(
      row.querySelector('time[datetime="2027-01-31T10:00:00.000Z"]'),
    ).toBeVisible();
    cleanup();
    render(`/${integration.id}`, { getIntegration: () => integration });
    expect(
      await screen.findByText(
        '23 mailboxes read support@corp.test through this integration',
      ),
    ).toBeVisible();
  });

  describe('warnings', () => {
    it('S20: says why the redirect URL will be refused', async () => {
      const { user } = render('/new', {
        reserveRedirectUrl: () => ({
          ...reserved,
          redirectUrl: 'https://10.1.2.3/callback/AAAAAAAAAAAAAAAAAAAAAA',
        }),
      });
      const reason = /Google refuses the address 10\.1\.2\.3/;
      expect(await screen.findByText(reason)).toBeVisible();
      // Microsoft takes it.
      await user.click(screen.getByRole('radio', { name: 'Microsoft' }));
      expect(screen.queryByText(reason)).not.toBeInTheDocument();
    });

    it('S21: notices another origin than the one in use', async () => {
      render('/new', { reserveRedirectUrl: () => reserved });
      expect(
        await screen.findByText(
          /reaches the portal’s backend at https:\/\/backend\.test/,
        ),
      ).toBeVisible();
    });

    it('S22, S24: corrects scopes on a click', async () => {
      const { user } = render('/new', { reserveRedirectUrl: () => reserved });
      await user.click(await screen.findByRole('radio', { name: 'Microsoft' }));
      const scopes = screen.getByLabelText(/^Scopes/);
      expect(
        screen.queryByRole('button', { name: 'Use the suggestion' }),
      ).not.toBeInTheDocument();
      await fill(user, scopes, 'IMAP.AccessAsUser.All POP.AccessAsUser.All');
      expect(screen.getByText(/means Microsoft Graph/)).toBeVisible();
      expect(screen.getByText(/Without offline_access/)).toBeVisible();
      await user.click(
        screen.getByRole('button', { name: 'Use the suggestion' }),
      );
      expect(scopes).toHaveValue(
        [
          'https://outlook.office.com/IMAP.AccessAsUser.All',
          'https://outlook.office.com/POP.AccessAsUser.All',
          'offline_access',
        ].join('\n'),
      );
      expect(
        screen.queryByText(/means Microsoft Graph/),
      ).not.toBeInTheDocument();
    });

    it('S26, S27: links to the provider’s documentation', async () => {
      render('/new', { reserveRedirectUrl: () => reserved });
      expect(
        await screen.findByRole('link', { name: /How Google does OAuth 2\.0/ }),
      ).toHaveAttribute('href', oauthProviders.google.links.flow);
      expect(
        screen.getByRole('link', { name: /Which scopes Google needs/ }),
      ).toHaveAttribute('href', oauthProviders.google.links.scopes);
    });

    it('S5: says why there is no OAuth 2.0 without https', async () => {
      const answers: Answers = { listIntegrations: () => ({ items: [] }) };
      const { api } = render('', answers);
      await screen.findByText('No integration yet');
      expect(screen.queryByText('OAuth 2.0 needs https')).toBeNull();
      cleanup();
      jest
        .spyOn(FakeIncomingMailApi.prototype, 'getBackendOrigin')
        .mockResolvedValueOnce('http://portal.corp.com');
      render('', api.answers);
      expect(
        await screen.findByText('OAuth 2.0 needs https'),
      ).toBeInTheDocument();
    });
  });

  it('P28: sets endpoints, scopes and servers by tenant and cloud', async () => {
    const { user } = render('/new', { reserveRedirectUrl: () => reserved });
    await user.click(await screen.findByRole('radio', { name: 'Microsoft' }));
    await user.selectOptions(
      screen.getByLabelText('Microsoft cloud'),
      'US Government (GCC High, DoD)',
    );
    const tenant = screen.getByLabelText(/^Tenant/);
    await fill(user, tenant, 'corp.com');
    expect(screen.getByLabelText(/^Token endpoint/)).toHaveValue(
      'https://login.microsoftonline.us/corp.com/oauth2/v2.0/token',
    );
    expect(screen.getByLabelText(/^Scopes/)).toHaveDisplayValue(
      /^https:\/\/outlook\.office365\.us\/IMAP/,
    );
    expect(screen.getAllByLabelText(/^Host/)[0]).toHaveValue(
      'outlook.office365.us',
    );
    // Typed by hand, the endpoints are those of no cloud any more.
    await user.type(screen.getByLabelText(/^Token endpoint/), '2');
    expect(screen.getByLabelText('Microsoft cloud')).toHaveDisplayValue(
      'Other endpoints, entered below',
    );
    expect(screen.queryByLabelText(/^Tenant/)).not.toBeInTheDocument();
  });

  it('S19, S22, S28: registers an application that reads in its own name', async () => {
    const { api, user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      createIntegration: () => anIntegration(),
      listIntegrations: () => ({ items: [] }),
    });
    const access = () => screen.queryByLabelText('Who allows the access');
    await screen.findByLabelText(/^Redirect URL/);
    // Google gives this to service accounts only.
    expect(access()).not.toBeInTheDocument();
    await user.click(screen.getByRole('radio', { name: 'Microsoft' }));
    await user.selectOptions(access()!, 'client_credentials');
    expect(screen.queryByLabelText(/^Redirect URL/)).not.toBeInTheDocument();
    expect(screen.getByLabelText(/^Scopes/)).toHaveValue(
      'https://outlook.office365.com/.default',
    );
    await user.selectOptions(
      screen.getByLabelText('Client authentication'),
      'private_key_jwt',
    );
    await fill(user, screen.getByLabelText(/^Name/), 'Mail');
    await fill(user, screen.getByLabelText(/^Client ID/), 'abc');
    await fill(user, screen.getByLabelText('Private key'), 'K\nEY');
    await fill(user, screen.getByLabelText('Certificate'), 'CERT');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect(screen.getByLabelText(/^Tenant/)).toHaveAccessibleDescription(
      /^Has to be one tenant/,
    );
    expect(
      screen.getByLabelText(/^Allowed e-mail domains/),
    ).toHaveAccessibleDescription(/^Has to name at least one domain/);

    await fill(user, screen.getByLabelText(/^Tenant/), 'corp.com');
    await fill(
      user,
      screen.getByLabelText(/^Allowed e-mail domains/),
      'corp.com',
    );
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() => expect(api.names).toContain('createIntegration'));
    expect(api.lastInput('createIntegration')).toMatchObject({
      body: {
        grantType: 'client_credentials',
        clientAuthentication: 'private_key_jwt',
        clientKey: { privateKey: 'K\nEY', certificate: 'CERT' },
        allowedDomains: ['corp.com'],
        tokenEndpoint:
          'https://login.microsoftonline.com/corp.com/oauth2/v2.0/token',
      },
    });
  });

  it('S18: shows what an issuer says of itself before taking it over', async () => {
    const refusal = await aRefusal(400, 'The issuer gave no metadata');
    const discoverIssuer = jest
      .fn()
      .mockRejectedValueOnce(refusal)
      .mockReturnValue({
        issuer: 'https://login.corp.test',
        authorizationEndpoint: 'https://login.corp.test/auth',
        tokenEndpoint: 'https://login.corp.test/token',
        scopesSupported: Array.from({ length: 14 }, (_, index) => `s${index}`),
        clientAuthenticationMethods: ['client_secret_post'],
      });
    const { api, user } = render('/new', {
      reserveRedirectUrl: () => reserved,
      discoverIssuer,
    });
    await user.click(await screen.findByRole('radio', { name: 'Custom' }));
    const button = screen.getByRole('button', { name: 'Discover from issuer' });
    expect(button).toBeDisabled();
    const issuer = screen.getByLabelText('Issuer');
    await fill(user, issuer, 'https://login.corp.test');
    await user.click(button);
    expect(
      await screen.findByText('The issuer gave no metadata'),
    ).toBeInTheDocument();

    await user.click(button);
    const found = await screen.findByRole('group', {
      name: 'What the issuer says of itself',
    });
    expect(found).toHaveTextContent('https://login.corp.test/auth');
    expect(found).toHaveTextContent('s11 and 2 more');
    expect(screen.getByLabelText(/^Token endpoint/)).toHaveValue('');
    await user.click(
      within(found).getByRole('button', { name: 'Take these over' }),
    );
    expect(screen.getByLabelText(/^Token endpoint/)).toHaveValue(
      'https://login.corp.test/token',
    );
    expect(found).not.toBeInTheDocument();
    expect(api.lastInput('discoverIssuer')).toEqual({
      body: { issuer: 'https://login.corp.test' },
    });
  });

  it('S31: tests the connection of what was saved', async () => {
    const { api, user } = render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration(),
      updateIntegration: () => anIntegration({ version: 4 }),
      listIntegrations: () => ({ items: [] }),
      checkIntegration: () => ({
        ok: true,
        checks: [
          { id: 'a', verdict: 'passed', title: 'The token endpoint answers' },
        ],
      }),
    });
    await user.type(await screen.findByLabelText(/^Name/), '!');
    expect(screen.getByText(/What is saved is tested/)).toBeVisible();
    await user.click(screen.getByRole('button', { name: 'Test connection' }));
    expect(
      await screen.findByText('The token endpoint answers'),
    ).toBeInTheDocument();
    // A check may have found a fault or its end.
    await waitFor(() =>
      expect(api.names.filter(name => name === 'getIntegration')).toHaveLength(
        2,
      ),
    );
    expect(screen.getByLabelText(/^Name/)).toHaveValue('Corp mail!');

    await user.click(screen.getByRole('button', { name: 'Save' }));
    await user.click(
      await screen.findByRole('button', { name: 'Test connection' }),
    );
    expect(
      await screen.findByText('The token endpoint answers'),
    ).toBeInTheDocument();
    expect(api.lastInput('checkIntegration')).toEqual({
      params: { integrationId: anIntegration().id },
    });
  });

  it('lets another account read shared mailboxes when the switch is on', async () => {
    const { api, user } = render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration(),
      updateIntegration: () => anIntegration({ allowSharedMailboxes: true }),
      listIntegrations: () => ({ items: [] }),
    });
    const allow = await screen.findByLabelText('Shared mailboxes');
    expect(allow).not.toBeChecked();
    expect(allow).toHaveAccessibleDescription(/if the mail server lets it/);
    await user.click(allow);
    await user.click(screen.getByRole('button', { name: 'Save' }));
    await waitFor(() =>
      expect(api.lastInput('updateIntegration')).toMatchObject({
        body: { allowSharedMailboxes: true },
      }),
    );
  });

  it('S42, S49: guides a new integration, and an old one when asked', async () => {
    const { user } = render('/new', { reserveRedirectUrl: () => reserved });
    const guide = await screen.findByRole('group', {
      name: 'Step by step: register at Google',
    });
    expect(
      await within(guide).findAllByText(reserved.redirectUrl),
    ).toHaveLength(2);
    await user.click(screen.getByRole('radio', { name: 'Microsoft' }));
    expect(
      screen.getByText('Copy the Value of the secret'),
    ).toBeInTheDocument();
    cleanup();

    render(`/${anIntegration().id}`, {
      getIntegration: () => anIntegration({ provider: 'google' }),
    });
    expect(
      await screen.findByRole('button', { name: 'Show the steps' }),
    ).toBeInTheDocument();
  });

  it('P18: tells of a fault and of the secret’s end, in list and editor', async () => {
    const broken = anIntegration({
      fault: { code: 'client-refused', detail: 'AADSTS7000222' },
      clientSecret: { set: true, expiresOn: '2020-01-31' },
    });
    render('', { listIntegrations: () => ({ items: [broken] }) });
    const row = await screen.findByRole('row', { name: /Corp mail/ });
    expect(within(row).getByText('Needs repair')).toBeInTheDocument();
    expect(within(row).getByText('expired')).toBeInTheDocument();
    cleanup();

    render(`/${broken.id}`, { getIntegration: () => broken });
    expect(
      await screen.findByText(/^The client secret expired on/),
    ).toBeInTheDocument();
    expect(
      screen.getByText('What came back: AADSTS7000222'),
    ).toBeInTheDocument();
  });

  it('S39: reminds of the date when the secret is replaced', async () => {
    const { user } = render(`/${anIntegration().id}`, {
      getIntegration: () =>
        anIntegration({ clientSecret: { set: true, expiresOn: '2099-01-31' } }),
    });
    const date = await screen.findByLabelText('Expiry date of the secret');
    expect(date).toHaveValue('2099-01-31');
    await user.type(screen.getByLabelText('Client secret'), 'new');
    expect(date).toHaveAccessibleDescription(/You entered a new secret/);
    fireEvent.change(date, { target: { value: '2099-12-31' } });
    expect(date).not.toHaveAccessibleDescription(/You entered a new secret/);
  });

  describe('vault keys', () => {
    const key = (kid: string, sealedRecords: number, configured = true) => ({
      kid,
      sealedRecords,
      configured,
    });

    it.each([
      [
        'tells what is left of a rotation',
        [key('k1', 3), key('k2', 37)],
        /^3 of 40 are still sealed with “k1”.*until all are sealed with “k2”/,
      ],
      [
        'tells of a key that is missing',
        [key('k0', 1, false), key('k2', 37)],
        /^1 stored secret is sealed with “k0”, which is not in the conf/,
      ],
    ])('%s', async (_, keys, text) => {
      render('', {
        listIntegrations: () => ({ items: [] }),
        getVaultStatus: () => ({ primaryKid: 'k2', keys }),
      });
      expect(await screen.findByText(text)).toBeInTheDocument();
    });

    it('says nothing while one key has everything', async () => {
      const { api } = render('', {
        listIntegrations: () => ({ items: [] }),
        getVaultStatus: () => ({
          primaryKid: 'k2',
          keys: [key('k1', 0), key('k2', 40)],
        }),
      });
      await screen.findByText('No integration yet');
      await waitFor(() => expect(api.names).toContain('getVaultStatus'));
      expect(screen.queryByText(/vault key/)).not.toBeInTheDocument();
    });
  });
});
