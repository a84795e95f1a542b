import { deleteCollaborator, findCollaborator } from '../../store/collaborators.ts';
import { appEndpoint, found, param } from '../endpoint.ts';
import { collaboratorBody } from './body.ts';

export const collaboratorDelete = appEndpoint(
  { method: 'delete', path: '/apps/:app/collaborators/:collaborator', access: 'own' },
  async ({ pool }, call) => {
    const collaborator = found(
      await findCollaborator(pool, call.app.id, param(call, 'collaborator')),
      'collaborator',
    );
    await deleteCollaborator(pool, collaborator.id);
    return { body: collaboratorBody(call.app, collaborator) };
  },
);
