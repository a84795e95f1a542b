import { pauseConnection, restartConnection, resumeConnection } from './connections/actions.ts';
import { authorizeUrl } from './connections/authorize-url.ts';
import { authorizeConnection } from './connections/authorize.ts';
import { changeConnection } from './connections/change.ts';
import { exportConnection } from './connections/export.ts';
import { importConnection } from './connections/import.ts';
import { listFullConnections } from './connections/list.ts';
import { acknowledgeNotifications, listNotifications } from './connections/notifications.ts';
import { showApp } from './connections/show-app.ts';
import { showSchema } from './connections/show-schema.ts';
import { showConnection } from './connections/show.ts';
import { beginValidation, showValidation, validateMapping } from './connections/validations.ts';
import { waitUntilSynced } from './connections/wait.ts';
import { listConnectionErrors, listMappingErrors } from './connections/write-errors.ts';
import type { Endpoint } from './context.ts';
import { linkAppByDiscovery, linkAppByRegion } from './discovery/link-app.ts';
import { listConnections } from './discovery/list-connections.ts';
import { createResource } from './heroku/create-resource.ts';
import { deleteResource } from './heroku/delete-resource.ts';
import { updateResource } from './heroku/update-resource.ts';
import { createMapping } from './mappings/create.ts';
import { removeMapping } from './mappings/delete.ts';
import { editMapping } from './mappings/edit.ts';
import { reload } from './mappings/reload.ts';
import { showMapping } from './mappings/show.ts';
import { NOT_BUILT } from './not-built.ts';
import { oauthCallback } from './oauth/callback.ts';

/** Every route of Connect. README.md's table is compared with this one by a test. */
export const ENDPOINTS: readonly Endpoint[] = [
  createResource,
  updateResource,
  deleteResource,
  listConnections,
  linkAppByDiscovery,
  linkAppByRegion,
  showApp,
  listFullConnections,
  showConnection,
  changeConnection,
  pauseConnection,
  resumeConnection,
  restartConnection,
  authorizeUrl,
  authorizeConnection,
  oauthCallback,
  exportConnection,
  importConnection,
  beginValidation,
  showValidation,
  listConnectionErrors,
  listNotifications,
  acknowledgeNotifications,
  showSchema,
  waitUntilSynced,
  createMapping,
  showMapping,
  editMapping,
  removeMapping,
  reload,
  listMappingErrors,
  validateMapping,
  ...NOT_BUILT,
];
