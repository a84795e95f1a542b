import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import { time } from '../endpoint.ts';
import { regionIdentity } from '../regions/body.ts';
import { stackIdentity } from '../stacks/body.ts';

export interface AppSizes {
  readonly slugBytes: number | null;
  readonly buildpack: string | null;
}

export function appBody(
  { addresses }: Pick<Platform, 'addresses'>,
  app: App,
  sizes: AppSizes,
): Readonly<Record<string, unknown>> {
  return {
    acm: false,
    archived_at: null,
    build_stack: stackIdentity(app.stack),
    buildpack_provided_description: sizes.buildpack,
    created_at: time(app.created_at),
    generation: { id: stackIdentity('cedar').id, name: 'cedar' },
    git_url: `${addresses.git}/${app.name}.git`,
    id: app.id,
    internal_routing: null,
    maintenance: app.maintenance,
    name: app.name,
    organization: null,
    owner: { email: app.owner_email, id: app.owner_id },
    region: regionIdentity(app.region),
    released_at: app.released_at === null ? null : time(app.released_at),
    repo_size: null,
    slug_size: sizes.slugBytes,
    space: null,
    stack: stackIdentity(app.stack),
    team: null,
    updated_at: time(app.updated_at),
    web_url: addresses.webUrl(app.name),
  };
}

/** How other resources name an app. */
export function appIdentity(app: Pick<App, 'id' | 'name'>): Readonly<Record<string, unknown>> {
  return { id: app.id, name: app.name };
}
