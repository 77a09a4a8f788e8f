// SPDX-License-Identifier: Apache-2.0

/** Somebody to be in the demo. */
export interface DemoPerson {
  /** The auth provider that signs the person in without asking for anything. */
  readonly provider: string;
  readonly name: string;
  /** Goes on after the name: what one can do as this person. */
  readonly role: string;
  readonly initials: string;
}

/** In the order in which the demo is best played through. */
export const DEMO_PEOPLE: readonly DemoPerson[] = [
  {
    provider: 'demo-ada',
    name: 'Ada Admin',
    role: 'platform administrator',
    initials: 'AA',
  },
  {
    provider: 'demo-olga',
    name: 'Olga Owner',
    role: 'owns the Payments and Support projects',
    initials: 'OO',
  },
  { provider: 'guest', name: 'Guest', role: 'looks around', initials: 'G' },
];
