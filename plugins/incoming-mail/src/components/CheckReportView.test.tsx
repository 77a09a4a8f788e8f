// SPDX-License-Identifier: Apache-2.0
import { screen, within } from '@testing-library/react';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import {
  Check,
  failures,
  type CheckReport,
} from '@postroom/plugin-incoming-mail-common';
import { CheckReportView } from './CheckReportView';

const passed: Check = {
  id: 'base-url',
  verdict: 'passed',
  title: 'The portal is reached over https',
};

async function render(report: CheckReport) {
  renderInTestApp(<CheckReportView report={report} />);
  const list = await screen.findByRole('list', { name: 'What was checked' });
  return within(list).getAllByRole('listitem');
}

describe('CheckReportView', () => {
  it('shows every check with its verdict, detail, remedy and link', async () => {
    const rows = await render({
      ok: false,
      checks: [
        passed,
        { id: 'a', verdict: 'warned', title: 'The redirect URL' },
        {
          id: 'b',
          verdict: 'failed',
          title: 'The client secret',
          detail: 'AADSTS7000215: Invalid client secret provided.',
          remedy: 'Enter the Value of the secret.',
          link: 'https://portal.azure.com/',
        },
        { id: 'c', verdict: 'skipped', title: 'The scopes' },
      ],
    });
    expect(screen.getByRole('alert')).toHaveTextContent('One check failed');
    expect(rows.map(row => within(row).getByRole('img').textContent)).toEqual([
      'Passed',
      'Warning',
      'Failed',
      'Not checked',
    ]);
    expect(rows[2]).toHaveTextContent('AADSTS7000215');
    expect(rows[2]).toHaveTextContent(
      'What to do: Enter the Value of the secret.',
    );
    expect(within(rows[2]).getByRole('link')).toHaveAttribute(
      'href',
      'https://portal.azure.com/',
    );
    expect(within(rows[0]).queryByRole('link')).not.toBeInTheDocument();
  });

  it('has the catalogue’s remedy where a check names only its failure', async () => {
    const [row] = await render({
      ok: false,
      checks: [{ ...passed, verdict: 'failed', failure: 'client-refused' }],
    });
    expect(row).toHaveTextContent(failures['client-refused'].remedy);
  });

  it('tells a warning from a clean report', async () => {
    await render({ ok: true, checks: [{ ...passed, verdict: 'warned' }] });
    expect(
      screen.getByText('It works, with something to look at'),
    ).toBeInTheDocument();
  });

  it('says that all is in order', async () => {
    await render({ ok: true, checks: [passed] });
    expect(
      screen.getByText('Everything that was checked is in order'),
    ).toBeInTheDocument();
    expect(screen.queryByRole('alert')).not.toBeInTheDocument();
  });
});
