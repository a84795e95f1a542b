import { readXml, rootOf } from '../metadata/envelope.ts';
import type { Component } from '../metadata/components.ts';
import type { SystemWrite } from '../records/system-records.ts';
import { DEFINITION_TYPES, type DefinitionType, type DefinitionWrite } from './definitions.ts';

/** What a deployed definition does here: events are selected and subscribed to by it, as by one of the Tooling API. */
interface DefinitionActor {
  keep(write: SystemWrite, component: Component): Promise<undefined>;
  drop(write: SystemWrite, fullName: string): Promise<void>;
}

/** The number of captured objects is bounded where the org's settings are known: in the Tooling API. */
const UNBOUNDED = { changeDataCapture: 'all', capturedEntitiesMax: 0 } as const;

function actorOf(type: DefinitionType): DefinitionActor {
  return {
    async keep({ client: db, schema, now }, { fullName, body }) {
      const write: DefinitionWrite = { db, schema, now, settings: UNBOUNDED };
      const metadata = rootOf(readXml(body.toString('utf8')), type.type);
      const known = (await type.list(db)).some((one) => one.fullName === fullName);
      if (known) await type.update(write, fullName, metadata);
      else await type.create(write, fullName, metadata);
      return undefined;
    },
    async drop({ client }, fullName) {
      await type.remove(client, fullName);
    },
  };
}

/** By type of metadata; channels come before their members. */
export const EVENT_DEFINITION_ACTORS: ReadonlyMap<string, DefinitionActor> = new Map(
  DEFINITION_TYPES.map((type) => [type.type, actorOf(type)]),
);
