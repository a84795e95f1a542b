import type { RequestHandler, Router } from 'express';

import { bulkJobsPage } from '../monitor/bulk-jobs.ts';
import { eventsFeed, eventsPage } from '../monitor/events.ts';
import { changeFaults, faultsPage } from '../monitor/faults.ts';
import { usagePage } from '../monitor/usage.ts';
import type { PageHandler, visiting } from '../visit.ts';
import { createUser, newUserForm } from './new-user.ts';
import { connectedAppsPage, revokeApproval } from './connected-apps.ts';
import { dependencyPage, saveDependency } from './dependency.ts';
import { deploymentPage, deploymentsPage } from './deployments.ts';
import {
  addField,
  changeField,
  deleteField,
  deleteFieldPage,
  fieldPage,
  newFieldForm,
} from './fields.ts';
import { grantsPage, saveGrants } from './grants.ts';
import {
  addObject,
  deleteObject,
  deleteObjectPage,
  newObjectForm,
  objectDetails,
  objectFields,
  objectManager,
} from './objects.ts';
import { permissionSetPage, permissionSetsPage, profilePage, profilesPage } from './permissions.ts';
import { deleteType, newTypeForm, recordTypes, saveType, typeForm } from './record-types.ts';
import { changeUser, userPage, usersPage } from './users.ts';
import {
  deleteRule,
  newRuleForm,
  ruleForm,
  saveRule,
  validationRules,
} from './validation-rules.ts';

interface Wrapped {
  readonly page: (handler: PageHandler) => ReturnType<typeof visiting>;
  /** Reads a form's body. */
  readonly form: RequestHandler;
}

export function addSetupRoutes(router: Router, { page, form }: Wrapped): void {
  router.get('/setup', page(objectManager));
  router.get(
    '/setup/new-object',
    page((visit) => newObjectForm(visit)),
  );
  router.post('/setup/new-object', form, page(addObject));
  router.get('/setup/usage', page(usagePage));
  router.get('/setup/events', page(eventsPage));
  router.get('/setup/events/feed', page(eventsFeed));
  router.get('/setup/bulk-jobs', page(bulkJobsPage));
  router.get('/setup/deployments', page(deploymentsPage));
  router.get('/setup/deployments/:id', page(deploymentPage));
  router.get(
    '/setup/faults',
    page((visit) => faultsPage(visit)),
  );
  router.post('/setup/faults', form, page(changeFaults));
  router.get('/setup/connected-apps', page(connectedAppsPage));
  router.post('/setup/connected-apps', form, page(revokeApproval));
  addUserRoutes(router, { page, form });
  const object = '/setup/objects/:object';
  router.get(object, page(objectFields));
  router.get(`${object}/details`, page(objectDetails));
  router.get(
    `${object}/delete`,
    page((visit) => deleteObjectPage(visit)),
  );
  router.post(`${object}/delete`, form, page(deleteObject));
  router.get(`${object}/fields/new`, page(newFieldForm));
  router.post(`${object}/fields/new`, form, page(addField));
  router.get(`${object}/fields/:field`, page(fieldPage));
  router.post(`${object}/fields/:field`, form, page(changeField));
  router.get(
    `${object}/fields/:field/delete`,
    page((visit) => deleteFieldPage(visit)),
  );
  router.post(`${object}/fields/:field/delete`, form, page(deleteField));
  router.get(
    `${object}/fields/:field/dependency`,
    page((visit) => dependencyPage(visit)),
  );
  router.post(`${object}/fields/:field/dependency`, form, page(saveDependency));
  addPartRoutes(router, { page, form });
}

function addPartRoutes(router: Router, { page, form }: Wrapped): void {
  const rules = '/setup/objects/:object/validation-rules';
  router.get(rules, page(validationRules));
  router.get(`${rules}/new`, page(newRuleForm));
  router.post(`${rules}/new`, form, page(saveRule));
  router.get(`${rules}/:rule`, page(ruleForm));
  router.post(`${rules}/:rule`, form, page(saveRule));
  router.post(`${rules}/:rule/delete`, form, page(deleteRule));
  const types = '/setup/objects/:object/record-types';
  router.get(types, page(recordTypes));
  router.get(`${types}/new`, page(newTypeForm));
  router.post(`${types}/new`, form, page(saveType));
  router.get(`${types}/:type`, page(typeForm));
  router.post(`${types}/:type`, form, page(saveType));
  router.post(`${types}/:type/delete`, form, page(deleteType));
}

function addUserRoutes(router: Router, { page, form }: Wrapped): void {
  router.get('/setup/users', page(usersPage));
  router.get(
    '/setup/users/new',
    page((visit) => newUserForm(visit)),
  );
  router.post('/setup/users/new', form, page(createUser));
  router.get(
    '/setup/users/:user',
    page((visit) => userPage(visit)),
  );
  router.post('/setup/users/:user', form, page(changeUser));
  router.get('/setup/profiles', page(profilesPage));
  router.get('/setup/profiles/:id', page(profilePage));
  router.get('/setup/permission-sets', page(permissionSetsPage));
  router.get('/setup/permission-sets/:id', page(permissionSetPage));
  router.get(
    '/setup/permission-sets/:id/objects/:object',
    page((visit) => grantsPage(visit)),
  );
  router.post('/setup/permission-sets/:id/objects/:object', form, page(saveGrants));
}
