// SPDX-License-Identifier: Apache-2.0
export { mountRequestRoutes } from './requestRoutes';
export { RequestStore } from './RequestStore';
export { createRequestTrackers, RequestTracker } from './RequestTracker';
