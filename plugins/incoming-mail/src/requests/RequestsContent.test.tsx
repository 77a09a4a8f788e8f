// SPDX-License-Identifier: Apache-2.0
import { act, cleanup, screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { EntityProvider } from '@backstage/plugin-catalog-react';
import {
  Answers,
  FakeIncomingMailApi,
} from '../__testUtils__/FakeIncomingMailApi';
import {
  aRefusal,
  aRequest,
  aRequestSummary,
  project,
} from '../__testUtils__/samples';
import { incomingMailApiRef } from '../api/incomingMailApiRef';
import { emailRequestsRouteRef, requestsRouteRef } from '../routes';
import { RequestsContent } from './RequestsContent';

function render(path: string, answers: Answers) {
  const api = new FakeIncomingMailApi(answers);
  renderInTestApp(
    <EntityProvider entity={project}>
      <Routes>
        <Route path="/requests/*" element={<RequestsContent />} />
      </Routes>
    </EntityProvider>,
    {
      initialRouteEntries: [`/requests${path}`],
      mountedRoutes: {
        '/requests': requestsRouteRef,
        '/email-requests': emailRequestsRouteRef,
      },
      apis: [[incomingMailApiRef, api]],
    },
  );
  return { api, user: userEvent.setup() };
}

describe('RequestsContent', () => {
  it('lists requests and shows more of them on demand', async () => {
    const { api, user } = render('', {
      listRequests: ({ query }) =>
        query?.cursor
          ? { items: [aRequestSummary({ id: 'old', number: 1, subject: '' })] }
          : { items: [aRequestSummary()], nextCursor: 'more' },
    });
    expect(
      await screen.findByRole('link', { name: 'Printer on fire' }),
    ).toHaveAttribute('href', '/requests/7');
    await user.click(await screen.findByRole('button', { name: 'Show more' }));
    expect(
      await screen.findByRole('link', { name: '(no subject)' }),
    ).toBeInTheDocument();
    expect(screen.getByText('Printer on fire')).toBeInTheDocument();
    expect(
      screen.queryByRole('button', { name: 'Show more' }),
    ).not.toBeInTheDocument();
    // Not the last call: the first page is read again by itself.
    expect(api.calls).toContainEqual({
      name: 'listRequests',
      input: expect.objectContaining({
        query: expect.objectContaining({ cursor: 'more' }),
      }),
    });
  });

  it('shows a request that arrives while the page is open', async () => {
    const items = [aRequestSummary()];
    render('', { listRequests: () => ({ items: [...items] }) });
    expect(await screen.findByText('Printer on fire')).toBeInTheDocument();
    items.unshift(aRequestSummary({ id: 'new', number: 8, subject: 'New' }));
    // Being looked at again is what makes it refresh without waiting.
    act(() => {
      document.dispatchEvent(new Event('visibilitychange'));
    });
    expect(await screen.findByText('New')).toBeInTheDocument();
    expect(screen.getByText('Printer on fire')).toBeInTheDocument();
  });

  it('explains how to get the first request', async () => {
    render('', { listRequests: () => ({ items: [] }) });
    expect(await screen.findByText('No requests yet')).toBeInTheDocument();
    expect(
      screen.getByRole('button', { name: 'Open Email requests' }),
    ).toHaveAttribute('href', '/email-requests');
  });

  it('shows one request as text, and formatted only in a locked frame', async () => {
    const { user } = render('/7', {
      getRequest: () =>
        aRequest({
          html: '<p>It <b>burns</b>.</p><script>alert(1)</script>',
          attachments: [
            { name: 'fire.jpg', contentType: 'image/jpeg', sizeBytes: 2_500 },
          ],
          commentCount: 2,
        }),
      listRequestComments: () => ({
        items: ['First', 'Second'].map(text => ({
          ...aRequest(),
          id: text,
          text,
        })),
      }),
    });
    expect(
      await screen.findByRole('heading', { name: 'Printer on fire' }),
    ).toBeInTheDocument();
    expect(screen.getByText(/It burns\.\s+Please help\./)).toHaveStyle(
      'white-space: pre-wrap',
    );
    expect(screen.getAllByText('Unverified sender')[0]).toBeInTheDocument();
    expect(screen.getByText('fire.jpg (2.5 kB)')).toBeInTheDocument();
    const first = await screen.findByText('First');
    expect(first.compareDocumentPosition(screen.getByText('Second'))).toBe(
      Node.DOCUMENT_POSITION_FOLLOWING,
    );
    expect(screen.queryByTitle('Formatted mail')).not.toBeInTheDocument();

    await user.click(screen.getByRole('button', { name: 'Formatted' }));
    const frame = screen.getByTitle('Formatted mail');
    expect(frame).toHaveAttribute(
      'sandbox',
      'allow-popups allow-popups-to-escape-sandbox',
    );
    const srcDoc = frame.getAttribute('srcdoc');
    expect(srcDoc).toContain('<b>burns</b>');
    expect(srcDoc).not.toContain('<script');
  });

  it('shows a comment that arrives while the request is open', async () => {
    let commentCount = 0;
    render('/7', {
      getRequest: () => aRequest({ commentCount }),
      listRequestComments: () => ({
        items: commentCount ? [{ ...aRequest(), id: 'c', text: 'Here' }] : [],
      }),
    });
    expect(await screen.findByText(/No comments yet/)).toBeInTheDocument();
    commentCount = 1;
    act(() => {
      document.dispatchEvent(new Event('visibilitychange'));
    });
    expect(await screen.findByText('Here')).toBeInTheDocument();
  });

  it('says that there is no such request, and refuses kindly', async () => {
    const missing = await aRefusal(404, 'no');
    render('/99', { getRequest: () => Promise.reject(missing) });
    expect(
      await screen.findByText('There is no request 99 in this project'),
    ).toBeInTheDocument();

    const refused = await aRefusal(403, 'no');
    render('', { listRequests: () => Promise.reject(refused) });
    expect(
      await screen.findByText('You may not see this project’s mail'),
    ).toBeInTheDocument();
  });

  it('shows what the handler marked a request with, in the list and on its page', async () => {
    const marks = {
      requestType: 'incident',
      priority: 'urgent',
      labels: ['disk', 'night'],
    } as const;
    const words = ['incident', 'Urgent', 'disk', 'night'];
    const expectMarks = async () => {
      const list = await screen.findByRole('list', {
        name: 'Type, priority and labels',
      });
      expect(
        within(list)
          .getAllByRole('listitem')
          .map(item => item.textContent),
      ).toEqual(words);
    };
    render('', {
      listRequests: () => ({
        items: [
          aRequestSummary({ ...marks, labels: [...marks.labels] }),
          aRequestSummary({ id: 'plain', number: 8 }),
        ],
      }),
    });
    await expectMarks();
    cleanup();
    render('/7', {
      getRequest: () => aRequest({ ...marks, labels: [...marks.labels] }),
      listRequestComments: () => ({ items: [] }),
    });
    await expectMarks();
  });
});
