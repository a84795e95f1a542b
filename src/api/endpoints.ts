import type { Endpoint } from './endpoint.ts';
import { accountFeatures, accountFeatureInfo } from './account/features.ts';
import { accountInfoByUser } from './account/info-by-user.ts';
import { accountInfo } from './account/info.ts';
import { attachmentCreate } from './addon-attachments/create.ts';
import { attachmentDestroy } from './addon-attachments/destroy.ts';
import { attachmentInfo, attachmentInfoByApp } from './addon-attachments/info.ts';
import {
  attachmentList,
  attachmentListByApp,
  attachmentListByAddon,
} from './addon-attachments/list.ts';
import { attachmentResolve } from './addon-attachments/resolve.ts';
import { addonServiceInfo } from './addon-services/info.ts';
import { addonServiceList } from './addon-services/list.ts';
import { planListByService, planInfoByService, planInfo } from './addon-services/plans.ts';
import { addonCreate } from './addons/create.ts';
import { addonDestroy } from './addons/destroy.ts';
import { addonInfo, addonInfoByApp } from './addons/info.ts';
import { addonList, addonListByUser, addonListByApp } from './addons/list.ts';
import { addonResolve } from './addons/resolve.ts';
import { addonUpdate } from './addons/update.ts';
import { appSetupCreate } from './app-setups/create.ts';
import { appSetupInfo } from './app-setups/info.ts';
import { appCreate } from './apps/create.ts';
import { appDestroy } from './apps/destroy.ts';
import { appInfo } from './apps/info.ts';
import { appListOwnedAndCollaborated } from './apps/list-owned-and-collaborated.ts';
import { appList } from './apps/list.ts';
import { appPipelineCoupling } from './apps/pipeline-coupling.ts';
import { appUpdate } from './apps/update.ts';
import { buildpackInstallationList } from './buildpacks/list.ts';
import { buildCancel } from './builds/cancel.ts';
import { buildCreate } from './builds/create.ts';
import { buildDeleteCache } from './builds/delete-cache.ts';
import { buildInfo } from './builds/info.ts';
import { buildList } from './builds/list.ts';
import { buildOutput } from './builds/output.ts';
import { collaboratorCreate } from './collaborators/create.ts';
import { collaboratorDelete } from './collaborators/delete.ts';
import { collaboratorInfo } from './collaborators/info.ts';
import { collaboratorList } from './collaborators/list.ts';
import { configVarsInfoForRelease } from './config-vars/info-for-release.ts';
import { configVarsInfo } from './config-vars/info.ts';
import { configVarsUpdate } from './config-vars/update.ts';
import { credentialList, credentialInfo, credentialRotate } from './databases/credentials.ts';
import { databaseInfo } from './databases/info.ts';
import { databaseWaitStatus } from './databases/wait-status.ts';
import { domainList, domainInfo } from './domains/list.ts';
import { dynoSizeInfo } from './dyno-sizes/info.ts';
import { dynoSizeList, dynoSizeListByApp } from './dyno-sizes/list.ts';
import { dynoInfo } from './dynos/info.ts';
import { dynoList } from './dynos/list.ts';
import { dynoRestart, dynoRestartFormation, dynoRestartAll } from './dynos/restart.ts';
import { dynoStop, dynoStopFormation } from './dynos/stop.ts';
import { appFeatureList, appFeatureInfo } from './features/list.ts';
import { formationBatchUpdate } from './formation/batch-update.ts';
import { formationInfo } from './formation/info.ts';
import { formationList } from './formation/list.ts';
import { formationUpdate } from './formation/update.ts';
import { logSessionCreate } from './log-sessions/create.ts';
import { logSessionStream } from './log-sessions/stream.ts';
import { regionInfo } from './regions/info.ts';
import { regionList } from './regions/list.ts';
import { releaseCreate } from './releases/create.ts';
import { releaseInfo } from './releases/info.ts';
import { releaseList } from './releases/list.ts';
import { releaseOutput } from './releases/output.ts';
import { slugBlob } from './slugs/blob.ts';
import { slugInfo } from './slugs/info.ts';
import { sourceCreate, sourceCreateForApp } from './sources/create.ts';
import { sourceGet } from './sources/get.ts';
import { sourcePut } from './sources/put.ts';
import { stackInfo } from './stacks/info.ts';
import { stackList, stackListByApp } from './stacks/list.ts';

/** Every route there is. */
export const ENDPOINTS: readonly Endpoint[] = [
  accountFeatures,
  accountFeatureInfo,
  accountInfoByUser,
  accountInfo,
  attachmentCreate,
  attachmentDestroy,
  attachmentInfo,
  attachmentInfoByApp,
  attachmentList,
  attachmentListByApp,
  attachmentListByAddon,
  attachmentResolve,
  addonServiceInfo,
  addonServiceList,
  planListByService,
  planInfoByService,
  planInfo,
  addonCreate,
  addonDestroy,
  addonInfo,
  addonInfoByApp,
  addonList,
  addonListByUser,
  addonListByApp,
  addonResolve,
  addonUpdate,
  appSetupCreate,
  appSetupInfo,
  appCreate,
  appDestroy,
  appInfo,
  appListOwnedAndCollaborated,
  appList,
  appPipelineCoupling,
  appUpdate,
  buildpackInstallationList,
  buildCancel,
  buildCreate,
  buildDeleteCache,
  buildInfo,
  buildList,
  buildOutput,
  collaboratorCreate,
  collaboratorDelete,
  collaboratorInfo,
  collaboratorList,
  configVarsInfoForRelease,
  configVarsInfo,
  configVarsUpdate,
  credentialList,
  credentialInfo,
  credentialRotate,
  databaseInfo,
  databaseWaitStatus,
  domainList,
  domainInfo,
  dynoSizeInfo,
  dynoSizeList,
  dynoSizeListByApp,
  dynoInfo,
  dynoList,
  dynoRestart,
  dynoRestartFormation,
  dynoRestartAll,
  dynoStop,
  dynoStopFormation,
  appFeatureList,
  appFeatureInfo,
  formationBatchUpdate,
  formationInfo,
  formationList,
  formationUpdate,
  logSessionCreate,
  logSessionStream,
  regionInfo,
  regionList,
  releaseCreate,
  releaseInfo,
  releaseList,
  releaseOutput,
  slugBlob,
  slugInfo,
  sourceCreate,
  sourceCreateForApp,
  sourceGet,
  sourcePut,
  stackInfo,
  stackList,
  stackListByApp,
];
