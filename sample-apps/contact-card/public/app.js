// Keeps the open page equal to the database: the server says by server-sent events that something changed, and the page
// takes over what it shows. What a person is typing is never overwritten.
const follow = document.body.dataset.follow;
const live = document.getElementById('live');
let again = 0;

async function refreshList() {
  const address = new URL(location.href);
  address.searchParams.set('fragment', '1');
  const answer = await fetch(address);
  if (!answer.ok) return;
  document.getElementById('fresh').innerHTML = await answer.text();
}

async function refreshContact() {
  const answer = await fetch(`/contacts/${follow}?fragment=1`);
  if (answer.status === 404) {
    location.reload();
    return;
  }
  if (!answer.ok) return;
  const state = await answer.json();
  document.getElementById('contact-name').textContent = state.name;
  document.getElementById('contact-sync').innerHTML = state.sync;
  document.getElementById('contact-facts').innerHTML = state.facts;
  const form = document.getElementById('contact-form');
  for (const [name, value] of Object.entries(state.values)) {
    const input = form.elements[name];
    const seen = form.elements[`seen_${name}`];
    if (input.value.replaceAll('\r\n', '\n') !== seen.value.replaceAll('\r\n', '\n')) continue;
    if (input.value === value) continue;
    input.value = value;
    seen.value = value;
    input.classList.remove('changed');
    void input.offsetWidth;
    input.classList.add('changed');
  }
}

const refresh =
  {
    list: refreshList,
    welcome: async () => {
      const { connected } = await (await fetch('/status')).json();
      if (connected) location.reload();
    },
  }[follow] ?? refreshContact;

if (follow !== '') {
  const events = new EventSource('/changes');
  events.addEventListener('open', () => {
    live.hidden = false;
    void soon();
  });
  events.addEventListener('error', () => {
    live.hidden = true;
  });
  events.addEventListener('changed', ({ data }) => {
    const ids = JSON.parse(data);
    const mine =
      ids.length === 0 || follow === 'list' || follow === 'welcome' || ids.includes(follow);
    if (mine) void soon();
  });
}

// Many changes at once make one look, and one more after it for what came meanwhile.
async function soon() {
  again += 1;
  if (again > 1) return;
  while (again > 0) {
    again = 1;
    await refresh().catch(() => undefined);
    again -= 1;
  }
}

for (const form of document.querySelectorAll('form[data-confirm]')) {
  form.addEventListener('submit', (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}
