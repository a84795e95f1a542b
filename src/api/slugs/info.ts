import { SLUG_URL_LIFE_MS } from '../../limits.ts';
import { findSlug } from '../../store/slugs.ts';
import { appEndpoint, found, param, time } from '../endpoint.ts';
import { stackIdentity } from '../stacks/body.ts';
import { sealSlug } from './blob.ts';

export const slugInfo = appEndpoint(
  { method: 'get', path: '/apps/:app/slugs/:slug', access: 'view' },
  async ({ pool, box, clock, addresses }, call) => {
    const slug = found(await findSlug(pool, call.app.id, param(call, 'slug')), 'slug');
    return {
      body: {
        blob: {
          method: 'get',
          url: `${addresses.api}/slug-blobs/${sealSlug(box, { sha256: slug.sha256, until: clock.now() + SLUG_URL_LIFE_MS })}`,
        },
        buildpack_provided_description: slug.buildpack,
        checksum: `SHA256:${slug.sha256}`,
        commit: slug.commit,
        commit_description: slug.commit_description,
        created_at: time(slug.created_at),
        deleted_at: null,
        id: slug.id,
        process_types: slug.process_types,
        size: slug.size,
        stack: stackIdentity(slug.stack),
        updated_at: time(slug.created_at),
      },
    };
  },
);
