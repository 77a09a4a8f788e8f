// SPDX-License-Identifier: Apache-2.0
export * from './defineEndpoint';
export * from './endpoints';
export * from './openApiDocument';
export * from './page';
