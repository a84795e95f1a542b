import type { Platform } from '../../ports.ts';
import { getAddon, openAddonConfig } from '../../store/addons.ts';
import type { Attachment } from '../../store/attachments.ts';
import { planIdentity } from '../addon-services/body.ts';
import { time } from '../endpoint.ts';

/** The attachment as the API shows it, always with what the command line would ask to be included. */
export async function attachmentBody(
  { pool, box, addresses }: Platform,
  attachment: Attachment,
): Promise<Readonly<Record<string, unknown>>> {
  const ends = Object.keys(openAddonConfig(box, await getAddon(pool, attachment.addon_id)));
  return {
    addon: {
      app: { id: attachment.addon_app_id, name: attachment.addon_app_name },
      id: attachment.addon_id,
      name: attachment.addon_name,
      plan: planIdentity(attachment.addon_plan),
    },
    app: { id: attachment.app_id, name: attachment.app_name },
    config_vars: ends.map((end) => `${attachment.name}_${end}`),
    created_at: time(attachment.created_at),
    id: attachment.id,
    log_input_url: null,
    name: attachment.name,
    namespace: attachment.namespace,
    updated_at: time(attachment.updated_at),
    web_url:
      attachment.addon_service === 'herokuconnect'
        ? `${addresses.api}/connections?app=${encodeURIComponent(attachment.app_name)}`
        : null,
  };
}
