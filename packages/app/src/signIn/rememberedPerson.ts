// SPDX-License-Identifier: Apache-2.0
import { DEMO_PEOPLE, type DemoPerson } from './demoPeople';

// localStorage, so that a reload and a new tab stay signed in.
const KEY = 'postroom.signed-in-as';

/** Whom this browser was signed in as last, until it signed out. */
export function readRememberedPerson(): DemoPerson | undefined {
  const provider = window.localStorage.getItem(KEY);
  return DEMO_PEOPLE.find(person => person.provider === provider);
}

/** To be called once the sign-in has worked. */
export function rememberPerson({ provider }: DemoPerson): void {
  window.localStorage.setItem(KEY, provider);
}

/** To be called on signing out: the choice comes back. */
export function forgetPerson(): void {
  window.localStorage.removeItem(KEY);
}
