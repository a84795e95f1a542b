import { expect, test } from '@jest/globals';

import { mayDo, type Permission, type Role } from '../../../src/core/permission.ts';

test('who may do what', () => {
  const table: Record<Role, Record<Permission, boolean>> = {
    owner: { view: true, configure: true, operate: true, own: true },
    collaborator: { view: true, configure: true, operate: true, own: false },
    service: { view: true, configure: true, operate: false, own: false },
    stranger: { view: false, configure: false, operate: false, own: false },
  };
  for (const role of ['owner', 'collaborator', 'service', 'stranger'] as const) {
    for (const permission of ['view', 'configure', 'operate', 'own'] as const) {
      expect([role, permission, mayDo(role, permission)]).toEqual([
        role,
        permission,
        table[role][permission],
      ]);
    }
  }
});
