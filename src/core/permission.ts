import { unreachable } from '../kit/assert.ts';

/** What somebody is to an app. A `service` is the account of an add-on's provider, of an app that has the add-on. */
export type Role = 'owner' | 'collaborator' | 'service' | 'stranger';

/**
 * view: the app, its releases, formation, add-ons. configure: read config vars. operate: deploy, scale, change config
 * vars and add-ons. own: destroy, rename, give access.
 */
export type Permission = 'view' | 'configure' | 'operate' | 'own';

/** Whether the role may. A service reads what it was bought for and changes nothing. */
export function mayDo(role: Role, permission: Permission): boolean {
  switch (role) {
    case 'owner':
      return true;
    case 'collaborator':
      return permission !== 'own';
    case 'service':
      return permission === 'view' || permission === 'configure';
    case 'stranger':
      return false;
    default:
      return unreachable(role);
  }
}
