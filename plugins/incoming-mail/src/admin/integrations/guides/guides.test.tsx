// SPDX-License-Identifier: Apache-2.0
import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { IntegrationFormValues, newIntegrationForm } from '../integrationForm';
import { GoogleGuide } from './GoogleGuide';
import type { GuideProps } from './GuideProps';
import { MicrosoftApplicationGuide } from './MicrosoftApplicationGuide';
import { MicrosoftGuide } from './MicrosoftGuide';

const REDIRECT_URL =
  'https://portal.corp.com/api/incoming-mail/oauth/callback/AAAAAAAAAAAAAAAAAAAAAA';

function propsOf(
  provider: 'google' | 'microsoft',
  changes: Partial<IntegrationFormValues> = {},
): GuideProps {
  return {
    values: { ...newIntegrationForm(provider), ...changes },
    redirectUrl: REDIRECT_URL,
    defaultOpen: true,
  };
}

/** The numbered steps, those of lists within them not among them. */
async function stepsOf(name: string): Promise<HTMLElement[]> {
  const guide = await screen.findByRole('group', { name });
  const lists = within(guide).getAllByRole('list');
  const ordered = lists.filter(list => list.tagName === 'OL');
  expect(ordered).toHaveLength(1);
  return within(ordered[0]).getAllByRole('listitem');
}

const MICROSOFT = 'Step by step: register at Microsoft';
const GOOGLE = 'Step by step: register at Google';

type Row = [row: string, step: number, words: string[], copies: string[]];

describe('MicrosoftGuide', () => {
  it('S32: says that Azure comes first and is not ours', async () => {
    renderInTestApp(<MicrosoftGuide {...propsOf('microsoft')} />);
    expect(await screen.findByRole('group')).toHaveTextContent(
      /before the integration can be completed.*we cannot help.*Ask whoever administers Microsoft/,
    );
  });

  it.each<Row>([
    ['S33', 1, ['Copy the redirect URL', 'step 4'], ['Redirect URL']],
    ['S34', 2, ['App registrations', 'New registration', 'name'], []],
    ['S35', 3, ['any organizational directory (multitenant)', 'personal'], []],
    ['S36', 4, ['type Web', 'Register', 'Single-page'], ['Redirect URL']],
    [
      'S37',
      5,
      [
        'API permissions',
        'Add a permission',
        'Microsoft Graph',
        'Delegated permissions',
      ],
      [
        'Permission IMAP.AccessAsUser.All',
        'Permission POP.AccessAsUser.All',
        'Permission offline_access',
      ],
    ],
    ['S38', 6, ['Grant admin consent', 'Need admin approval'], []],
    [
      'S39',
      7,
      ['Certificates & secrets', 'New client secret', 'expiration date'],
      [],
    ],
    ['S40', 8, ['Value', 'this one time', 'not the Secret ID'], []],
    ['S41', 9, ['Overview', 'Application (client) ID'], []],
    ['S42', 10, ['Paste client ID', 'save', 'Test connection'], ['Scopes']],
  ])('%s is step %s', async (_, number, words, copies) => {
    renderInTestApp(<MicrosoftGuide {...propsOf('microsoft')} />);
    const steps = await stepsOf(MICROSOFT);
    expect(steps).toHaveLength(10);
    const step = steps[number - 1];
    for (const word of words) {
      expect(step).toHaveTextContent(word);
    }
    expect(
      within(step)
        .queryAllByRole('button')
        .map(button => button.getAttribute('aria-label')),
    ).toEqual(copies.map(copy => `Copy ${copy}`));
  });

  it('S36, S42: copies the live redirect URL and scopes', async () => {
    const user = userEvent.setup();
    const writeText = jest.spyOn(navigator.clipboard, 'writeText');
    renderInTestApp(
      <MicrosoftGuide {...propsOf('microsoft', { scopes: 'first second' })} />,
    );
    const steps = await stepsOf(MICROSOFT);
    await user.click(
      within(steps[3]).getByRole('button', { name: 'Copy Redirect URL' }),
    );
    expect(writeText).toHaveBeenLastCalledWith(REDIRECT_URL);
    await user.click(
      within(steps[9]).getByRole('button', { name: 'Copy Scopes' }),
    );
    expect(writeText).toHaveBeenLastCalledWith('first\nsecond');
    expect(within(steps[9]).getByRole('status')).toHaveTextContent('Copied');
  });

  it('S35: says what the tenant means for the registration', async () => {
    const microsoft = { tenant: 'corp.com', cloud: 'global' } as const;
    renderInTestApp(
      <MicrosoftGuide {...propsOf('microsoft', { microsoft })} />,
    );
    const steps = await stepsOf(MICROSOFT);
    expect(steps[2]).toHaveTextContent('for the tenant “corp.com” alone');
    expect(steps[2]).not.toHaveTextContent('AADSTS50194');
  });

  it('S38: has the link for an administrator once there is a client ID', async () => {
    const microsoft = { tenant: 'corp.com', cloud: 'us-government' } as const;
    renderInTestApp(
      <MicrosoftGuide
        {...propsOf('microsoft', { microsoft, clientId: 'x' })}
      />,
    );
    const steps = await stepsOf(MICROSOFT);
    expect(steps[5]).toHaveTextContent(
      'https://login.microsoftonline.us/corp.com/adminconsent?client_id=x',
    );
    expect(
      within(steps[1]).getByRole('link', { name: /^Open the Azure portal/ }),
    ).toHaveAttribute('href', 'https://portal.azure.us');
  });

  it('S36: has nothing to copy before the redirect URL is there', async () => {
    renderInTestApp(
      <MicrosoftGuide {...propsOf('microsoft')} redirectUrl={undefined} />,
    );
    const steps = await stepsOf(MICROSOFT);
    expect(within(steps[3]).queryByRole('button')).not.toBeInTheDocument();
  });
});

describe('MicrosoftApplicationGuide', () => {
  const ALONE = 'Step by step: app-only access at Microsoft';
  const registered = { clientId: 'the-client' };

  it('leads from the registration to the rights on each mailbox', async () => {
    renderInTestApp(
      <MicrosoftApplicationGuide {...propsOf('microsoft', registered)} />,
    );
    const steps = await stepsOf(ALONE);
    expect(steps).toHaveLength(8);
    expect(steps[1]).toHaveTextContent('Office 365 Exchange Online');
    expect(steps[1]).toHaveTextContent('IMAP.AccessAsApp');
    expect(steps[1]).toHaveTextContent('Neither Microsoft Graph');
    expect(steps[3]).toHaveTextContent('New client secret');
    expect(steps[5]).toHaveTextContent(
      'New-ServicePrincipal -AppId the-client -ObjectId',
    );
    expect(steps[5]).toHaveTextContent('Not the object ID of the app');
    expect(steps[6]).toHaveTextContent('Add-MailboxPermission');
  });

  it('has the certificate uploaded where the client signs', async () => {
    const values = { clientAuthentication: 'private_key_jwt' } as const;
    renderInTestApp(
      <MicrosoftApplicationGuide {...propsOf('microsoft', values)} />,
    );
    const steps = await stepsOf(ALONE);
    expect(steps[3]).toHaveTextContent('upload the certificate');
    expect(steps[3]).not.toHaveTextContent('New client secret');
  });
});

describe('GoogleGuide', () => {
  it('S43: says that the console is not ours', async () => {
    renderInTestApp(<GoogleGuide {...propsOf('google')} />);
    expect(await screen.findByRole('group')).toHaveTextContent(
      /Google Cloud console.*we cannot help.*Ask whoever administers Google/,
    );
  });

  it.each<Row>([
    ['S44', 1, ['API library', 'Gmail API'], []],
    [
      'S44',
      2,
      ['Create credentials', 'OAuth client ID', 'Web application', 'name'],
      [],
    ],
    [
      'S45',
      3,
      ['Authorized JavaScript origins', window.location.origin],
      ['Address of this portal'],
    ],
    ['S46', 4, ['tab of its own', REDIRECT_URL], ['Redirect URL']],
    ['S47', 5, ['Authorized redirect URIs', 'save'], ['Redirect URL']],
    [
      'S48',
      6,
      ['consent screen', 'choose the app', 'https://mail.google.com/'],
      ['Scopes'],
    ],
    ['S49', 7, ['Paste client ID', 'save', 'Test connection'], ['Scopes']],
  ])('%s is step %s', async (_, number, words, copies) => {
    renderInTestApp(<GoogleGuide {...propsOf('google')} />);
    const steps = await stepsOf(GOOGLE);
    expect(steps).toHaveLength(7);
    const step = steps[number - 1];
    for (const word of words) {
      expect(step).toHaveTextContent(word);
    }
    expect(
      within(step)
        .queryAllByRole('button')
        .map(button => button.getAttribute('aria-label')),
    ).toEqual(copies.map(copy => `Copy ${copy}`));
  });

  it('S67: warns of verification, testing and user type', async () => {
    renderInTestApp(<GoogleGuide {...propsOf('google')} />);
    const notice = await screen.findByText(
      'At Google, who may use the app decides how long it works',
    );
    const text = notice.parentElement;
    expect(text).toHaveTextContent(/External.*verify it.*cost money/);
    expect(text).toHaveTextContent('at most 100 people');
    expect(text).toHaveTextContent('publishing status is Testing');
    expect(text).toHaveTextContent('ends after 7 days');
    expect(text).toHaveTextContent('user type Internal');
    expect(within(text ?? document.body).getAllByRole('link').length).toBe(2);
  });

  it('folds away and open', async () => {
    const user = userEvent.setup();
    renderInTestApp(<GoogleGuide {...propsOf('google')} defaultOpen={false} />);
    const button = await screen.findByRole('button', {
      name: 'Show the steps',
    });
    expect(button).toHaveAttribute('aria-expanded', 'false');
    expect(screen.queryByRole('list')).not.toBeInTheDocument();
    await user.click(button);
    expect(await stepsOf(GOOGLE)).toHaveLength(7);
  });
});
