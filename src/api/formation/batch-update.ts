import { z } from 'zod';

import { appEndpoint, parseBody } from '../endpoint.ts';
import { formationBody } from './body.ts';
import { readProcessTypes } from './process-types.ts';
import { scale, Scaling } from './scale.ts';

const Batch = z.object({
  updates: z
    .array(Scaling.extend({ type: z.string() }))
    .min(1)
    .max(100),
});

export const formationBatchUpdate = appEndpoint(
  { method: 'patch', path: '/apps/:app/formation', access: 'operate' },
  async (platform, { app, user, body }) => {
    const { updates } = parseBody(Batch, body);
    const types = await readProcessTypes(platform.pool, app.id);
    const lines = await scale(platform, { app, user, updates });
    return { body: lines.map((line) => formationBody(app, line, types)) };
  },
);
