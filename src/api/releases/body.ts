import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import type { Release } from '../../store/releases.ts';
import { appIdentity } from '../apps/body.ts';
import { time } from '../endpoint.ts';

export function releaseBody(
  { addresses }: Pick<Platform, 'addresses'>,
  app: App,
  release: Release,
): Readonly<Record<string, unknown>> {
  return {
    addon_plan_names: release.addon_plans,
    app: appIdentity(app),
    artifacts: release.slug_id === null ? [] : [{ type: 'slug', id: release.slug_id }],
    created_at: time(release.created_at),
    current: release.current,
    description: release.description,
    eligible_for_rollback: release.status === 'succeeded' && release.slug_id !== null,
    id: release.id,
    output_stream_url:
      release.output_key === null
        ? null
        : `${addresses.api}/streams/releases/${release.output_key}`,
    slug: release.slug_id === null ? null : { id: release.slug_id },
    status: release.status,
    updated_at: time(release.updated_at),
    user: { email: release.user_email, id: release.user_id },
    version: release.version,
  };
}
