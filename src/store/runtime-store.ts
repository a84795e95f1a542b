import { join } from 'node:path';

import type pg from 'pg';

import { DYNO_STATES, type DynoState } from '../core/dyno-state.ts';
import { CYCLE_MS } from '../dynos/limits.ts';
import type { DesiredApp, DynoRow, LaunchPlan, RuntimeStore } from '../dynos/ports.ts';
import type { Log } from '../kit/log.ts';
import type { SecretBox } from '../kit/secret-box.ts';
import { openConfig } from './config-vars.ts';
import { listDesired, type Desired } from './desired.ts';
import {
  deleteDyno,
  deleteEndedOneOffs,
  findLaunch,
  insertDyno,
  updateDyno,
} from './dyno-starts.ts';
import { listAllDynos, type Dyno } from './dynos.ts';
import { listenForHints } from './listen-for-hints.ts';

/** The channel on which triggers tell that what should run of some app has changed. */
const CHANNEL = 'landbridge_app';

export interface RuntimeStoreOptions {
  readonly pool: pg.Pool;
  readonly databaseUrl: string;
  readonly box: SecretBox;
  /** $LANDBRIDGE_HOME, which holds slugs/. */
  readonly home: string;
  readonly log: Log;
}

/** The runtime's view of the platform's tables. */
export function openRuntimeStore(options: RuntimeStoreOptions): RuntimeStore {
  const { pool, box, home } = options;
  return {
    listDesired: async () => (await listDesired(pool)).map(desiredApp),
    listDynos: async () => (await listAllDynos(pool)).map(dynoRow),
    findLaunchPlan: async ({ id }) => {
      const launch = await findLaunch(pool, id);
      if (launch === undefined) return undefined;
      const { app_id, config_sealed, env_sealed, sha256 } = launch;
      const plan: LaunchPlan = {
        slug: { digest: sha256, file: join(home, 'slugs', sha256) },
        environment: {
          ...openConfig(box, app_id, config_sealed),
          ...(env_sealed === null ? {} : openConfig(box, app_id, env_sealed)),
        },
      };
      return plan;
    },
    insertDyno: async (dyno) => insertDyno(pool, dyno),
    updateDyno: async (dyno) => updateDyno(pool, dyno),
    deleteDyno: async (id) => deleteDyno(pool, id),
    forgetOneOffs: async (before) => deleteEndedOneOffs(pool, before),
    listen: async (onHint) =>
      listenForHints({ ...options, channel: CHANNEL, about: 'dynos' }, onHint),
  };
}

function desiredApp(app: Desired): DesiredApp {
  const { release, slug, destroying } = app;
  const types = slug?.process_types ?? {};
  return {
    id: app.app_id,
    name: app.app_name,
    maintenance: app.maintenance,
    destroying,
    releaseId: slug === null ? undefined : release?.id,
    releaseVersion: release?.version ?? 0,
    // A type that the Procfile of the current release does not have (any more) is kept in the formation and runs nothing.
    formation: app.formation.flatMap(({ type, quantity, size }) => {
      const command = types[type];
      return command === undefined ? [] : [{ type, quantity, size, command }];
    }),
  };
}

function dynoRow(dyno: Dyno): DynoRow {
  return {
    id: dyno.id,
    appId: dyno.app_id,
    releaseId: dyno.release_id,
    releaseVersion: dyno.release_version,
    type: dyno.type,
    number: dyno.number,
    name: dyno.name,
    size: dyno.size,
    command: dyno.command,
    state: stateOf(dyno.state),
    port: dyno.port ?? undefined,
    asked: dyno.asked ?? undefined,
    oneOff: dyno.one_off,
    crashes: dyno.crashes,
    startAfter: dyno.start_after?.getTime() ?? 0,
    cycleAt: dyno.cycle_at?.getTime() ?? dyno.created_at.getTime() + CYCLE_MS,
    startedAt: (dyno.started_at ?? dyno.created_at).getTime(),
    exitCode: dyno.exit_code ?? undefined,
  };
}

function stateOf(text: string): DynoState {
  return DYNO_STATES.find((state) => state === text) ?? 'down';
}
