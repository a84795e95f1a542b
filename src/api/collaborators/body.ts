import type { App } from '../../store/apps.ts';
import type { Collaborator } from '../../store/collaborators.ts';
import { appIdentity } from '../apps/body.ts';
import { time } from '../endpoint.ts';

export function collaboratorBody(
  app: App,
  collaborator: Collaborator,
): Readonly<Record<string, unknown>> {
  const owner = collaborator.user_id === app.owner_id;
  return {
    app: appIdentity(app),
    created_at: time(collaborator.created_at),
    id: collaborator.id,
    permissions: ['deploy', 'operate', 'view', ...(owner ? ['manage'] : [])].map((name) => ({
      name,
      description: `May ${name} the app`,
    })),
    role: owner ? 'owner' : 'collaborator',
    updated_at: time(collaborator.updated_at),
    user: { email: collaborator.user_email, federated: false, id: collaborator.user_id },
  };
}

/** The owner is listed among those who work on an app. */
export function ownerAsCollaborator(app: App): Collaborator {
  return {
    id: app.owner_id,
    app_id: app.id,
    user_id: app.owner_id,
    user_email: app.owner_email,
    created_at: app.created_at,
    updated_at: app.created_at,
  };
}
