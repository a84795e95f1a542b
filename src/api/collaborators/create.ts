import { z } from 'zod';

import { fault } from '../../faults.ts';
import { COLLABORATORS_MAX } from '../../limits.ts';
import { addCollaborator, findCollaborator, listCollaborators } from '../../store/collaborators.ts';
import { findUser } from '../../store/users.ts';
import { appEndpoint, found, parseBody } from '../endpoint.ts';
import { collaboratorBody, ownerAsCollaborator } from './body.ts';

const NewCollaborator = z.object({ user: z.string(), silent: z.boolean().optional() });

export const collaboratorCreate = appEndpoint(
  { method: 'post', path: '/apps/:app/collaborators', access: 'own' },
  async ({ pool }, call) => {
    const { app } = call;
    const { user: identity } = parseBody(NewCollaborator, call.body);
    const user = await findUser(pool, identity);
    if (user === undefined || user.service !== null) {
      throw fault('NOT_FOUND', `There is no account ${identity}.`, {
        details: { resource: 'user' },
      });
    }
    if (user.id === app.owner_id)
      return { status: 201, body: collaboratorBody(app, ownerAsCollaborator(app)) };
    if ((await listCollaborators(pool, app.id)).length >= COLLABORATORS_MAX) {
      throw fault('INVALID_PARAMS', `An app may have ${COLLABORATORS_MAX} collaborators.`);
    }
    await addCollaborator(pool, { id: call.newId('collaborator'), appId: app.id, userId: user.id });
    const made = found(await findCollaborator(pool, app.id, user.id), 'collaborator');
    return { status: 201, body: collaboratorBody(app, made) };
  },
);
