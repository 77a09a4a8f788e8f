// SPDX-License-Identifier: Apache-2.0
import { ProxiedSignInPage } from '@backstage/core-components';
import type { IdentityApi, SignInPageProps } from '@backstage/core-plugin-api';
import { useCallback, useMemo, useState } from 'react';
import type { DemoPerson } from './demoPeople';
import { PersonChoice } from './PersonChoice';
import {
  forgetPerson,
  readRememberedPerson,
  rememberPerson,
} from './rememberedPerson';

interface Attempt {
  readonly person: DemoPerson;
  /** Tells a second attempt as the same person from the first. */
  readonly number: number;
}

function rememberedAttempt(): Attempt | undefined {
  const person = readRememberedPerson();
  return person && { person, number: 0 };
}

/** The identity, but that signing out also brings the choice back. */
function forgettingOnSignOut(identity: IdentityApi): IdentityApi {
  return {
    getBackstageIdentity: () => identity.getBackstageIdentity(),
    getCredentials: () => identity.getCredentials(),
    getProfileInfo: () => identity.getProfileInfo(),
    signOut: () => {
      forgetPerson();
      return identity.signOut();
    },
  };
}

/** Signs in whom one chooses to be, or whom this browser remembers. */
export function DemoSignInPage({ onSignInSuccess }: SignInPageProps) {
  const [attempt, setAttempt] = useState(rememberedAttempt);
  const choose = useCallback(
    (person: DemoPerson) =>
      setAttempt(last => ({ person, number: (last?.number ?? 0) + 1 })),
    [],
  );
  const Failed = useMemo(
    () =>
      function SignInFailed({ error }: { error?: Error }) {
        const failure = attempt && { name: attempt.person.name, error };
        return <PersonChoice failure={failure} onChoose={choose} />;
      },
    [attempt, choose],
  );

  if (!attempt) {
    return <PersonChoice onChoose={choose} />;
  }
  return (
    <ProxiedSignInPage
      key={attempt.number}
      provider={attempt.person.provider}
      ErrorComponent={Failed}
      onSignInSuccess={identity => {
        rememberPerson(attempt.person);
        onSignInSuccess(forgettingOnSignOut(identity));
      }}
    />
  );
}
