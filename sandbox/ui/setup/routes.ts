import type { RequestHandler, Router } from 'express';

import { eventsFeed, eventsPage } from '../monitor/events.ts';
import { usagePage } from '../monitor/usage.ts';
import type { PageHandler, visiting } from '../visit.ts';
import {
  addField,
  changeField,
  deleteField,
  deleteFieldPage,
  fieldPage,
  newFieldForm,
} from './fields.ts';
import {
  addObject,
  deleteObject,
  deleteObjectPage,
  newObjectForm,
  objectDetails,
  objectFields,
  objectManager,
} from './objects.ts';

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
}
