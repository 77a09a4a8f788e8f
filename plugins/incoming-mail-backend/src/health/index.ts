// SPDX-License-Identifier: Apache-2.0
export { mountHealthRoutes } from './healthRoutes';
export { InvariantStore } from './InvariantStore';
