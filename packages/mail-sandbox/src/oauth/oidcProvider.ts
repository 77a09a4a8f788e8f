// SPDX-License-Identifier: Apache-2.0

// The order matters: the first import holds the notice that the second prints.
import { releaseRuntimeNotice } from './holdRuntimeNotice';
import Provider, { errors, interactionPolicy } from 'oidc-provider';

releaseRuntimeNotice();

export { Provider, errors, interactionPolicy };
