import { rm } from 'node:fs/promises';
import { join } from 'node:path';

import { appEndpoint } from '../endpoint.ts';

export const buildDeleteCache = appEndpoint(
  { method: 'delete', path: '/apps/:app/build-cache', access: 'operate' },
  async ({ home }, { app }) => {
    await rm(join(home, 'cache', 'apps', app.id), { recursive: true, force: true });
    return { body: {} };
  },
);
