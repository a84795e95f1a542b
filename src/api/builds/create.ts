import { randomBytes } from 'node:crypto';

import { z } from 'zod';

import { insertBuild } from '../../store/builds.ts';
import { appEndpoint, parseBody } from '../endpoint.ts';
import { buildBody } from './body.ts';

export const SourceBlob = z.object({
  url: z.url({ protocol: /^https?$/ }),
  checksum: z.string().max(200).nullish(),
  version: z.string().max(200).nullish(),
  version_description: z.string().max(1_000).nullish(),
});

export const Buildpacks = z
  .array(z.object({ url: z.string().optional(), name: z.string().optional() }))
  .max(20);

const NewBuild = z.object({
  source_blob: SourceBlob,
  buildpacks: Buildpacks.nullish(),
});

/** Queues a build. The builder's loop takes it up at once; its output can be read from the start. */
export const buildCreate = appEndpoint(
  { method: 'post', path: '/apps/:app/builds', access: 'operate' },
  async (platform, call) => {
    const { source_blob: source, buildpacks } = parseBody(NewBuild, call.body);
    const build = await insertBuild(platform.pool, {
      id: call.newId('build'),
      appId: call.app.id,
      userId: call.user.id,
      sourceUrl: source.url,
      sourceVersion: source.version ?? null,
      sourceChecksum: source.checksum ?? null,
      sourceVersionDescription: source.version_description ?? null,
      buildpacks: buildpacks ?? [],
      outputKey: randomBytes(24).toString('base64url'),
    });
    return { status: 201, body: buildBody(platform, call.app, build) };
  },
);
