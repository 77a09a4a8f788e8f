// SPDX-License-Identifier: Apache-2.0
import type { IdentityApi } from '@backstage/core-plugin-api';
import { renderInTestApp } from '@backstage/frontend-test-utils';
import { fireEvent, screen, waitFor } from '@testing-library/react';
import { DemoSignInPage } from './DemoSignInPage';

const ADA = { name: 'Ada Admin – platform administrator' };
const OLGA = { name: 'Olga Owner – owns the Payments and Support projects' };
const GUEST = { name: 'Guest – looks around' };

function session(userEntityRef: string) {
  // Only its expiry is read here: far away.
  const claims = btoa(JSON.stringify({ exp: 4_102_444_800 }));
  return {
    profile: {},
    backstageIdentity: {
      token: `header.${claims}.signature`,
      identity: { type: 'user', userEntityRef, ownershipEntityRefs: [] },
    },
  };
}

describe('DemoSignInPage', () => {
  let answer: () => Promise<Response>;
  const asked: string[] = [];
  const originalFetch = global.fetch;

  beforeEach(() => {
    window.localStorage.clear();
    asked.length = 0;
    answer = async () => Response.json(session('user:default/olga'));
    global.fetch = async input => {
      asked.push(new URL(String(input)).pathname);
      return answer();
    };
  });
  afterEach(() => {
    global.fetch = originalFetch;
  });

  async function signInPage() {
    const onSignInSuccess = jest.fn<void, [IdentityApi]>();
    const { unmount } = await renderInTestApp(
      <DemoSignInPage onSignInSuccess={onSignInSuccess} />,
    );
    return { onSignInSuccess, unmount };
  }

  it('offers three people and signs in the chosen one', async () => {
    const { onSignInSuccess } = await signInPage();
    expect(screen.getByRole('button', ADA)).toBeVisible();
    expect(screen.getByRole('button', GUEST)).toBeVisible();
    expect(asked).toEqual([]);

    fireEvent.click(screen.getByRole('button', OLGA));

    await waitFor(() => expect(onSignInSuccess).toHaveBeenCalled());
    expect(asked).toEqual(['/api/auth/demo-olga/refresh']);
    const [[identity]] = onSignInSuccess.mock.calls;
    await expect(identity.getBackstageIdentity()).resolves.toMatchObject({
      userEntityRef: 'user:default/olga',
    });
  });

  it('stays signed in until one signs out', async () => {
    const first = await signInPage();
    fireEvent.click(screen.getByRole('button', OLGA));
    await waitFor(() => expect(first.onSignInSuccess).toHaveBeenCalled());
    first.unmount();

    const second = await signInPage();
    await waitFor(() => expect(second.onSignInSuccess).toHaveBeenCalled());
    expect(asked).toHaveLength(2);
    const [[identity]] = second.onSignInSuccess.mock.calls;
    await identity.signOut();
    second.unmount();

    await signInPage();
    expect(screen.getByRole('button', OLGA)).toBeVisible();
    expect(asked).toHaveLength(2);
  });

  it('says why it could not sign in, and offers the choice again', async () => {
    const { onSignInSuccess } = await signInPage();
    answer = async () => {
      throw new TypeError('Failed to fetch');
    };
    fireEvent.click(screen.getByRole('button', ADA));
    expect(await screen.findByRole('alert')).toHaveTextContent(
      'Could not sign in as Ada Admin. The backend does not answer',
    );

    answer = async () => Response.json(session('user:default/ada'));
    fireEvent.click(screen.getByRole('button', ADA));
    await waitFor(() => expect(onSignInSuccess).toHaveBeenCalled());
  });
});
