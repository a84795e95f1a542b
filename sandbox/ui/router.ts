import express, { Router, type NextFunction, type Request, type Response } from 'express';

import type { Org } from '../org.ts';
import { findId18 } from '../store/record-id.ts';
import { assets, sendAsset } from './assets.ts';
import { allObjects, homePage, searchPage } from './home.ts';
import { FORM_BYTES_MAX } from './limits.ts';
import { queryPage } from './query.ts';
import { deleteFromPage, deletePage } from './records/delete.ts';
import { recordPage } from './records/detail.ts';
import { createFromForm, editForm, newForm, updateFromForm } from './records/edit.ts';
import { listPage } from './records/list.ts';
import { lookupChoices } from './records/lookup.ts';
import { changeBin, recycleBin } from './records/recycle-bin.ts';
import { relatedPage } from './records/related.ts';
import { addSetupRoutes } from './setup/routes.ts';
import { notFoundPage, visiting, type PageHandler } from './visit.ts';

/** The org's face: records, the recycle bin, queries, and the setup. Log in first. */
export function createUiRouter(org: Org): Router {
  const router = Router();
  const page = (handler: PageHandler) => visiting(org, handler);
  const form = express.urlencoded({ extended: false, limit: FORM_BYTES_MAX });
  for (const asset of Object.values(assets)) {
    router.get(asset.path, (_request, response) => {
      sendAsset(response, asset);
    });
  }
  router.get('/', page(homePage));
  router.get('/ui/search', page(searchPage));
  router.get('/ui/query', page(queryPage));
  router.get('/ui/objects', page(allObjects));
  router.get('/ui/objects/:object', page(listPage));
  router.get('/ui/objects/:object/new', page(newForm));
  router.post('/ui/objects/:object/new', form, page(createFromForm));
  router.get('/ui/lookup/:object/:field', page(lookupChoices));
  router.get('/ui/recycle-bin', page(recycleBin));
  router.post('/ui/recycle-bin', form, page(changeBin));
  addSetupRoutes(router, { page, form });
  router.get('/:id', onlyIds, page(recordPage));
  router.get('/:id/related', onlyIds, page(relatedPage));
  router.get('/:id/e', onlyIds, page(editForm));
  router.post('/:id/e', onlyIds, form, page(updateFromForm));
  router.get(
    '/:id/delete',
    onlyIds,
    page((visit) => deletePage(visit)),
  );
  router.post('/:id/delete', onlyIds, form, page(deleteFromPage));
  router.get(/^\/(?:ui|setup)\/.*$/, page(notFoundPage));
  return router;
}

/** `/003…` is a record's page; anything else of one segment is somebody else's. */
function onlyIds(request: Request, _response: Response, next: NextFunction): void {
  next(findId18(String(request.params['id'])) === undefined ? 'route' : undefined);
}
