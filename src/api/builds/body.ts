import type { Platform } from '../../ports.ts';
import type { App } from '../../store/apps.ts';
import type { Build } from '../../store/builds.ts';
import { time } from '../endpoint.ts';

export function outputUrl({ addresses }: Pick<Platform, 'addresses'>, build: Build): string {
  return `${addresses.api}/streams/builds/${build.output_key}`;
}

export function buildBody(
  platform: Pick<Platform, 'addresses'>,
  app: App,
  build: Build,
): Readonly<Record<string, unknown>> {
  return {
    app: { id: app.id },
    buildpacks: build.buildpacks.map(({ url, name }) => ({ url: url ?? null, name: name ?? null })),
    created_at: time(build.created_at),
    generation: 'cedar',
    id: build.id,
    output_stream_url: outputUrl(platform, build),
    release: build.release_id === null ? null : { id: build.release_id },
    slug: build.slug_id === null ? null : { id: build.slug_id },
    source_blob: {
      checksum: build.source_checksum,
      url: build.source_url,
      version: build.source_version,
      version_description: build.source_version_description,
    },
    stack: app.stack,
    status: build.status,
    updated_at: time(build.updated_at),
    user: { email: build.user_email, id: build.user_id },
  };
}
