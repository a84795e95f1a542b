import { z } from 'zod';

import { sealConfig } from '../../store/config-vars.ts';
import { insertSetup } from '../../store/setups.ts';
import { createApp, NewAppBody } from '../apps/create.ts';
import { Buildpacks, SourceBlob } from '../builds/create.ts';
import { accountEndpoint, parseBody } from '../endpoint.ts';
import { setupBody } from './body.ts';

const NewSetup = z.object({
  app: NewAppBody.extend({
    organization: z.string().nullish(),
    personal: z.boolean().nullish(),
    space: z.string().nullish(),
    locked: z.boolean().nullish(),
  }).nullish(),
  source_blob: SourceBlob,
  overrides: z
    .object({
      env: z.record(z.string(), z.string()).nullish(),
      buildpacks: Buildpacks.nullish(),
    })
    .nullish(),
});

/** Makes an app from a source with an app.json. The app is there at once; the rest is the setup loop's work. */
export const appSetupCreate = accountEndpoint(
  { method: 'post', path: '/app-setups' },
  async (platform, call) => {
    const { app: wanted, source_blob: source, overrides } = parseBody(NewSetup, call.body);
    const app = await createApp(platform, {
      user: call.user,
      id: call.newId('app'),
      wanted: wanted ?? {},
    });
    const setup = await insertSetup(platform.pool, {
      id: call.newId('setup'),
      appId: app.id,
      userId: call.user.id,
      sourceUrl: source.url,
      sourceChecksum: source.checksum ?? null,
      sourceVersion: source.version ?? null,
      overridesSealed: sealConfig(platform.box, app.id, {
        env: JSON.stringify(overrides?.env ?? {}),
        buildpacks: JSON.stringify(overrides?.buildpacks ?? []),
      }),
    });
    return { status: 202, body: setupBody(platform, setup, undefined) };
  },
);
