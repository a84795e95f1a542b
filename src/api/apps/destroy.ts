import { markAddonsOfAppDeprovisioning } from '../../store/addons.ts';
import { markAppDestroying } from '../../store/apps.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { appEndpoint } from '../endpoint.ts';
import { readAppBody } from './read-body.ts';

/**
 * Asks for the end of the app and, in the same transaction, of the add-ons it owns: after a crash right here both are
 * asked for or neither. The dynos stop and the providers are told by the loops that do such work; the name is free at once.
 */
export const appDestroy = appEndpoint(
  { method: 'delete', path: '/apps/:app', access: 'own' },
  async (platform, { app }) => {
    const body = await readAppBody(platform, app);
    await inTransaction(platform.pool, async (client) => {
      await markAppDestroying(client, app.id);
      await markAddonsOfAppDeprovisioning(client, app.id);
    });
    return { body };
  },
);
