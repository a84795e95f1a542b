import { z } from 'zod';

import { findDynoSize } from '../../core/dyno-size.ts';
import { fault } from '../../faults.ts';
import { inTransaction } from '../../kit/transaction.ts';
import { DYNOS_PER_TYPE_MAX } from '../../limits.ts';
import type { Platform } from '../../ports.ts';
import { lockApp, type App } from '../../store/apps.ts';
import { findFormation, setFormation, type Formation } from '../../store/formation.ts';
import type { User } from '../../store/users.ts';

const Size = z.union([z.string(), z.object({ name: z.string() })]);

/** `quantity` is a number, or as the command line writes it: `"2"`, `"+1"`, `"-1"`. */
export const Scaling = z.object({
  quantity: z.union([z.int().min(0), z.string().regex(/^[+-]?\d{1,4}$/)]).optional(),
  size: Size.nullish(),
  dyno_size: Size.nullish(),
  docker_image: z.string().optional(),
});

export type Wanted = z.infer<typeof Scaling> & { readonly type: string };

/** Scales process types, all of them or none. */
export async function scale(
  platform: Platform,
  {
    app,
    user,
    updates,
  }: { readonly app: App; readonly user: User; readonly updates: readonly Wanted[] },
): Promise<readonly Formation[]> {
  const lines = await inTransaction(platform.pool, async (client) => {
    await lockApp(client, app.id);
    const changed: Formation[] = [];
    for (const wanted of updates) {
      if (wanted.docker_image !== undefined) {
        throw fault(
          'NOT_IMPLEMENTED',
          'Landbridge does not run container images yet. Deploy a slug.',
        );
      }
      const present = await findFormation(client, app.id, wanted.type);
      if (present === undefined) {
        throw fault('NOT_FOUND', `Couldn't find that process type (${wanted.type}).`, {
          details: { resource: 'formation' },
        });
      }
      changed.push(
        await setFormation(client, {
          appId: app.id,
          type: present.type,
          quantity: quantityOf(wanted.quantity, present.quantity),
          size: sizeOf(wanted.dyno_size ?? wanted.size) ?? present.size,
        }),
      );
    }
    return changed;
  });
  const text = lines.map(({ type, quantity, size }) => `${type}@${quantity}:${size}`).join(' ');
  platform.tell(app.id, `Scaled to ${text} by user ${user.email}`);
  return lines;
}

function quantityOf(wanted: number | string | undefined, present: number): number {
  if (wanted === undefined) return present;
  const relative = typeof wanted === 'string' && /^[+-]/.test(wanted);
  const quantity = relative ? Math.max(0, present + Number(wanted)) : Number(wanted);
  if (quantity > DYNOS_PER_TYPE_MAX) {
    throw fault('INVALID_PARAMS', `A process type may have ${DYNOS_PER_TYPE_MAX} dynos.`);
  }
  return quantity;
}

function sizeOf(wanted: string | { readonly name: string } | null | undefined): string | undefined {
  if (wanted === undefined || wanted === null) return undefined;
  const name = typeof wanted === 'string' ? wanted : wanted.name;
  const size = findDynoSize(name);
  if (size === undefined)
    throw fault('INVALID_PARAMS', `There is no dyno size ${name}. See GET /dyno-sizes.`);
  return size.name;
}
