import { assertApex, CompileProblem, type ApexUnit } from '../../tooling/apex.ts';
import type { Behaviour } from '../behaviours.ts';
import type { Draft } from '../draft.ts';

/** Code must be well formed before it is kept. */
function apexBehaviour(unit: ApexUnit): Behaviour {
  const check = async (drafts: readonly Draft[]): Promise<void> => {
    for (const draft of drafts) {
      const body = draft.values['Body'];
      if (typeof body !== 'string') continue;
      try {
        await assertApex(unit, body);
      } catch (error) {
        if (!(error instanceof CompileProblem)) throw error;
        draft.error = error;
      }
    }
  };
  return {
    beforeCreate: async (_dml, drafts) => check(drafts),
    beforeUpdate: async (_dml, drafts) => check(drafts),
  };
}

export const APEX_CLASS_BEHAVIOUR = apexBehaviour('class');
export const APEX_TRIGGER_BEHAVIOUR = apexBehaviour('trigger');
