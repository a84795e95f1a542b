import { findCollaborator } from '../../store/collaborators.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { collaboratorBody, ownerAsCollaborator } from './body.ts';

export const collaboratorInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/collaborators/:collaborator', access: 'view' },
  async ({ pool }, call) => {
    const identity = param(call, 'collaborator');
    const { app } = call;
    const isOwner = identity === app.owner_id || identity === app.owner_email;
    const collaborator = isOwner
      ? ownerAsCollaborator(app)
      : found(await findCollaborator(pool, app.id, identity), 'collaborator');
    return { body: collaboratorBody(app, collaborator) };
  },
);
