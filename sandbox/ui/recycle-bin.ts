import { present } from '../../src/kit/assert.ts';
import { html } from '../oauth/pages/html.ts';
import { sendPage } from './page.ts';
import { readRecycleBin } from './read.ts';
import type { Visit } from './router.ts';

export async function recycleBin({ org, response, username, csrf }: Visit): Promise<void> {
  const records = await readRecycleBin(org);
  sendPage(response, {
    title: 'Recycle Bin',
    username,
    body: html`<div class="card">
      <div class="head"><h1>Recycle Bin</h1></div>
      <div class="scroll">
        <table>
          <thead><tr><th>Name</th><th>Kind</th><th>Deleted</th><th></th></tr></thead>
          <tbody>
            ${records.map(
              ({ id, name, object, deleted_at: deletedAt }) => html`<tr>
                <td><a href="/${id}">${name ?? id}</a></td>
                <td>${object.label}</td>
                <td>${deletedAt.toISOString().slice(0, 19).replace('T', ' ')} UTC</td>
                <td><form method="post" action="/ui/recycle-bin"><input type="hidden" name="csrf" value="${csrf}" /><input type="hidden" name="id" value="${id}" /><button>Restore</button></form></td>
              </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${records.length === 0 ? html`<p class="muted">The recycle bin is empty.</p>` : ''}
    </div>`,
  });
}

export async function undeleteFromPage({ org, context, form, response }: Visit): Promise<void> {
  const [result] = await org.records.undelete(context, [form['id'] ?? '']);
  const { id, errors } = present(result, 'result');
  const [error] = errors;
  if (error !== undefined) throw error;
  response.redirect(`/${id ?? ''}`);
}
