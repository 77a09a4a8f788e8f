// SPDX-License-Identifier: Apache-2.0
import {
  BasicPermission,
  createPermission,
  ResourcePermission,
} from '@backstage/plugin-permission-common';

/**
 * The resource type of every permission that belongs to a project. It is the
 * catalog's own, so a host's policy can answer with the catalog's conditions
 * (`IS_ENTITY_OWNER` and the like) and needs no rule of ours.
 *
 * @public
 */
export const RESOURCE_TYPE_PROJECT = 'catalog-entity';

/**
 * Sees the OAuth 2.0 integrations with all their settings but the secret.
 *
 * @public
 */
export const integrationReadPermission: BasicPermission = createPermission({
  name: 'incoming-mail.integration.read',
  attributes: { action: 'read' },
});

/** Registers an OAuth 2.0 integration. @public */
export const integrationCreatePermission: BasicPermission = createPermission({
  name: 'incoming-mail.integration.create',
  attributes: { action: 'create' },
});

/** Changes an OAuth 2.0 integration, its client secret included. @public */
export const integrationUpdatePermission: BasicPermission = createPermission({
  name: 'incoming-mail.integration.update',
  attributes: { action: 'update' },
});

/** Removes an OAuth 2.0 integration that nothing uses any more. @public */
export const integrationDeletePermission: BasicPermission = createPermission({
  name: 'incoming-mail.integration.delete',
  attributes: { action: 'delete' },
});

/** Sees the mail servers, their state, journal and mail log. @public */
export const mailServerReadPermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.read',
  attributes: { action: 'read' },
});

/** Adds a mail server. @public */
export const mailServerCreatePermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.create',
  attributes: { action: 'create' },
});

/** Changes, pauses or tests a mail server, or has it visited at once. @public */
export const mailServerUpdatePermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.update',
  attributes: { action: 'update' },
});

/** Removes a mail server with its stored mail. @public */
export const mailServerDeletePermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.delete',
  attributes: { action: 'delete' },
});

/** Starts a consent for a mail server or a draft of one. @public */
export const mailServerAuthorizePermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.authorize',
  attributes: { action: 'update' },
});

/**
 * Downloads a mail of a mail server byte for byte. Apart from
 * {@link mailServerReadPermission}: whoever looks after mail servers need not
 * read what others write.
 *
 * @public
 */
export const mailServerReadRawPermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.read-raw',
  attributes: { action: 'read' },
});

/**
 * Has a mail of a mail server that is held or quarantined handled again, and
 * sees beforehand what would become of it.
 *
 * @public
 */
export const mailServerRunPermission: BasicPermission = createPermission({
  name: 'incoming-mail.mail-server.run',
  attributes: { action: 'update' },
});

/** Sees a project's channel, its state and its journal. @public */
export const channelReadPermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.channel.read',
    attributes: { action: 'read' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Gives a project its channel. @public */
export const channelCreatePermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.channel.create',
    attributes: { action: 'create' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Changes a project's channel, or has it visited at once. @public */
export const channelUpdatePermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.channel.update',
    attributes: { action: 'update' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Takes a project's channel away. @public */
export const channelDeletePermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.channel.delete',
    attributes: { action: 'delete' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Starts a consent for a project's channel. @public */
export const channelAuthorizePermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.channel.authorize',
    attributes: { action: 'update' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Sees which mails arrived and how each of them ended. @public */
export const messageReadPermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.message.read',
    attributes: { action: 'read' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/**
 * Downloads a mail byte for byte. Apart from
 * {@link messageReadPermission} because a mail holds more than its request.
 *
 * @public
 */
export const messageReadRawPermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.message.read-raw',
    attributes: { action: 'read' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/**
 * Has a mail that is held or quarantined handled again, and sees beforehand
 * what would become of it.
 *
 * @public
 */
export const messageRunPermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.message.run',
    attributes: { action: 'update' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/** Sees the requests of a project and their comments. @public */
export const requestReadPermission: ResourcePermission<'catalog-entity'> =
  createPermission({
    name: 'incoming-mail.request.read',
    attributes: { action: 'read' },
    resourceType: RESOURCE_TYPE_PROJECT,
  });

/**
 * All permissions of the plugin: the one list that the back end registers and
 * that a host's policy may iterate over.
 *
 * @public
 */
export const incomingMailPermissions: (
  | BasicPermission
  | ResourcePermission<'catalog-entity'>
)[] = [
  integrationReadPermission,
  integrationCreatePermission,
  integrationUpdatePermission,
  integrationDeletePermission,
  mailServerReadPermission,
  mailServerCreatePermission,
  mailServerUpdatePermission,
  mailServerDeletePermission,
  mailServerAuthorizePermission,
  mailServerReadRawPermission,
  mailServerRunPermission,
  channelReadPermission,
  channelCreatePermission,
  channelUpdatePermission,
  channelDeletePermission,
  channelAuthorizePermission,
  messageReadPermission,
  messageReadRawPermission,
  messageRunPermission,
  requestReadPermission,
];
