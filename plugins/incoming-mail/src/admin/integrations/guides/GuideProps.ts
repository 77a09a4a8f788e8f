// SPDX-License-Identifier: Apache-2.0
import type { IntegrationFormValues } from '../integrationForm';

/** What the steps of a guide show of the integration as it is typed now. */
export interface GuideProps {
  values: IntegrationFormValues;
  /** Absent until it is reserved. */
  redirectUrl: string | undefined;
  defaultOpen: boolean;
}
