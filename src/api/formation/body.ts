import type { App } from '../../store/apps.ts';
import type { Formation } from '../../store/formation.ts';
import { appIdentity } from '../apps/body.ts';
import { dynoSizeIdentity } from '../dyno-sizes/body.ts';
import { time } from '../endpoint.ts';

export function formationBody(
  app: App,
  line: Formation,
  processTypes: Readonly<Record<string, string>>,
): Readonly<Record<string, unknown>> {
  const size = dynoSizeIdentity(line.size);
  return {
    app: appIdentity(app),
    command: processTypes[line.type] ?? '',
    created_at: time(line.created_at),
    dyno_size: size,
    id: line.id,
    quantity: line.quantity,
    size: size.name,
    type: line.type,
    updated_at: time(line.updated_at),
  };
}
