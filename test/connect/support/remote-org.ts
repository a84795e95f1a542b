import { Readable } from 'node:stream';

import { z } from 'zod';

import type { MappingPlan } from '../../../connect/core/plan.ts';
import type { OrgRecord } from '../../../connect/core/row.ts';
import type { Send } from '../../../connect/core/step-types.ts';
import type {
  ChangeWindow,
  Org,
  OrgPage,
  WantedRecords,
  WriteOutcome,
} from '../../../connect/ports.ts';
import { messageOf } from '../../../src/kit/fault.ts';

const Values = z.record(z.string(), z.string().nullable());
const Live = z.object({
  sfid: z.string(),
  deleted: z.literal(false),
  values: Values,
  createdAt: z.number().optional(),
  createdBySelfAt: z.number().optional(),
});
const Deleted = z.object({
  sfid: z.string(),
  deleted: z.literal(true),
  values: Values.nullable(),
  createdAt: z.number().optional(),
});
const OrgRecordJson = z.discriminatedUnion('deleted', [Live, Deleted]);
const Page = z.object({
  records: z.array(OrgRecordJson),
  end: z.object({ stamp: z.string(), id: z.string() }).nullable(),
  more: z.boolean(),
  asOf: z.string(),
});
const Outcome = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('accepted'), sfid: z.string() }),
  z.object({
    kind: z.literal('refused'),
    refusal: z.object({ code: z.string(), message: z.string(), fields: z.array(z.string()) }),
  }),
]);

/** The org of another process (small-org.ts), as a port of the engine. */
export class RemoteOrg implements Org {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async changesSince(_: MappingPlan, window: ChangeWindow): Promise<OrgPage> {
    return Page.parse(await this.#call('changesSince', window));
  }

  async readBack(_: MappingPlan, wanted: WantedRecords): Promise<readonly OrgRecord[]> {
    return z.array(OrgRecordJson).parse(await this.#call('readBack', wanted));
  }

  async createdBySelf(): Promise<readonly OrgRecord[]> {
    throw new Error('this mapping has an external id');
  }

  async write(_: MappingPlan, sends: readonly Send[]): Promise<readonly WriteOutcome[]> {
    try {
      return z.array(Outcome).parse(await this.#call('write', sends));
    } catch (error) {
      return sends.map(() => ({ kind: 'lost', reason: messageOf(error) }));
    }
  }

  async deletedSince(): Promise<{ readonly sfids: readonly string[]; readonly asOf: string }> {
    return { sfids: [], asOf: new Date().toISOString() };
  }

  async createQueryJob(): Promise<{ readonly jobId: string; readonly asOf: string }> {
    return z
      .object({ jobId: z.string(), asOf: z.string() })
      .parse(await this.#call('createQueryJob', null));
  }

  async queryJobState(jobId: string): Promise<'running' | 'complete' | 'failed' | 'absent'> {
    return z
      .enum(['running', 'complete', 'failed', 'absent'])
      .parse(await this.#call('queryJobState', jobId));
  }

  async queryJobPage(
    jobId: string,
    locator: string | null,
  ): Promise<{ readonly csv: Readable; readonly next: string | null }> {
    const { csv, next } = z
      .object({ csv: z.string(), next: z.string().nullable() })
      .parse(await this.#call('queryJobPage', { jobId, locator }));
    return { csv: Readable.from([Buffer.from(csv)]), next };
  }

  usage(): null {
    return null;
  }

  async #call(method: string, body: unknown): Promise<unknown> {
    const response = await fetch(`${this.#url}/${method}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    return response.json();
  }
}
