import { z } from 'zod';

import type { Component } from '../metadata/components.ts';
import { readXml, rootOf } from '../metadata/envelope.ts';
import {
  insertSystemRecords,
  updateSystemRecords,
  type SystemWrite,
} from '../records/system-records.ts';
import { assertApex } from './apex.ts';

const WARNING = 'kept, and never run: no Apex runs in the sandbox org';

/** Classes and triggers must be well formed; they become records that the Tooling API shows. */
function apexActor(object: 'ApexClass' | 'ApexTrigger') {
  return {
    async keep(write: SystemWrite, { fullName, fileName, body }: Component): Promise<string> {
      const text = body.toString('utf8');
      const known = await findCode(write, object, fullName);
      if (fileName.endsWith('-meta.xml')) {
        const settings = Settings.safeParse(rootOf(readXml(text), object)).data ?? {};
        await updateSystemRecords(write, object, [
          {
            Id: known ?? (await insertCode(write, object, { Name: fullName, Body: ' ' })),
            ...(settings.apiVersion === undefined ? {} : { ApiVersion: settings.apiVersion }),
            ...(settings.status === undefined ? {} : { Status: settings.status }),
          },
        ]);
        return WARNING;
      }
      await assertApex(object === 'ApexClass' ? 'class' : 'trigger', text);
      const length = text.replaceAll(/\/\*[^]*?\*\/|\/\/.*|\s+/g, '').length;
      const code = { Name: fullName, Body: text, LengthWithoutComments: length, IsValid: true };
      if (known === undefined) await insertCode(write, object, code);
      else await updateSystemRecords(write, object, [{ ...code, Id: known }]);
      return WARNING;
    },
    async drop(write: SystemWrite, fullName: string): Promise<void> {
      const known = await findCode(write, object, fullName);
      if (known === undefined) return;
      await write.client.query(
        `/* dropCode */ delete from org.${object.toLowerCase()} where id = $1`,
        [known],
      );
    },
  };
}

const Settings = z.looseObject({
  apiVersion: z.coerce.number().optional(),
  status: z.string().optional(),
});

async function findCode(
  { client }: SystemWrite,
  object: 'ApexClass' | 'ApexTrigger',
  name: string,
): Promise<string | undefined> {
  const { rows } = await client.query(
    `/* findCode */ select id from org.${object.toLowerCase()} where lower(name) = lower($1) and not isdeleted`,
    [name],
  );
  return z.array(z.object({ id: z.string() })).parse(rows)[0]?.id;
}

async function insertCode(
  write: SystemWrite,
  object: 'ApexClass' | 'ApexTrigger',
  code: Readonly<Record<string, string | number | boolean>>,
): Promise<string> {
  const [id] = await insertSystemRecords(write, object, [{ Status: 'Active', ...code }]);
  return id ?? '';
}

export const APEX_CLASS_ACTOR = apexActor('ApexClass');
export const APEX_TRIGGER_ACTOR = apexActor('ApexTrigger');
