import { listCollaborators } from '../../store/collaborators.ts';
import { appEndpoint, listAnswer } from '../endpoint.ts';
import { collaboratorBody, ownerAsCollaborator } from './body.ts';

export const collaboratorList = appEndpoint(
  { method: 'get', path: '/apps/:app/collaborators', access: 'view' },
  async ({ pool }, call) => {
    const all = [ownerAsCollaborator(call.app), ...(await listCollaborators(pool, call.app.id))];
    return listAnswer(call, all, {
      by: { email: ({ user_email }) => user_email, id: ({ id }) => id },
      body: (collaborator) => collaboratorBody(call.app, collaborator),
    });
  },
);
