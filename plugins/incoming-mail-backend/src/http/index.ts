// SPDX-License-Identifier: Apache-2.0
export { createAuthorizer, whoMay } from './authorize';
export type { Authorizer, UserCredentials } from './authorize';
export { createMountEndpoint } from './mountEndpoint';
export type {
  AuditDecision,
  EndpointContext,
  MountEndpoint,
} from './mountEndpoint';
export { FieldsError, parseRequest } from './parseRequest';
export type { FieldError } from './parseRequest';
export { projectRefOf } from './projectRefOf';
export { RefusedError } from './RefusedError';
export { RunLimit, TooManyRequestsError } from './RunLimit';
export { takeAtLeast } from './takeAtLeast';
