/**
 * What the org's pages do besides: every page works without it. It finds its work by attributes:
 * data-lookup (search while typing), data-depends (dependent picklists), data-filter and data-sortable (tables),
 * data-live (fetched again every so many seconds), data-events (the event monitor), data-error-place (a query's fault).
 */
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

/** A lookup: the text field asks the org for names; the hidden field beside it holds the id of what was chosen. */
function lookup(input) {
  const hidden = input.form.elements.namedItem(input.dataset.id);
  const list = document.createElement('ul');
  list.className = 'found';
  list.id = `${input.id}-found`;
  list.hidden = true;
  list.setAttribute('role', 'listbox');
  input.after(list);
  for (const [name, value] of Object.entries({
    role: 'combobox',
    autocomplete: 'off',
    'aria-autocomplete': 'list',
    'aria-controls': list.id,
    'aria-expanded': 'false',
  }))
    input.setAttribute(name, value);
  let at = -1;
  let asked = 0;
  let timer;
  const show = (open) => {
    list.hidden = !open;
    input.setAttribute('aria-expanded', String(open));
    if (!open) {
      at = -1;
      input.removeAttribute('aria-activedescendant');
    }
  };
  const choose = (option) => {
    input.value = option.dataset.name;
    hidden.value = option.dataset.id;
    show(false);
  };
  const mark = (next) => {
    const options = all('li[role=option]', list);
    at = options.length === 0 ? -1 : (next + options.length) % options.length;
    for (const [index, option] of options.entries())
      option.setAttribute('aria-selected', String(index === at));
    if (at >= 0) {
      input.setAttribute('aria-activedescendant', options[at].id);
      options[at].scrollIntoView({ block: 'nearest' });
    }
  };
  const ask = async () => {
    const mine = ++asked;
    const url = `${input.dataset.lookup}?q=${encodeURIComponent(input.value)}`;
    const answer = await fetch(url, { headers: { Accept: 'application/json' } });
    if (!answer.ok || mine !== asked) return;
    const found = await answer.json();
    list.replaceChildren(
      ...found.map(({ id, name, about }, index) => {
        const option = document.createElement('li');
        option.id = `${list.id}-${index}`;
        option.setAttribute('role', 'option');
        option.dataset.id = id;
        option.dataset.name = name;
        option.textContent = name;
        const small = document.createElement('small');
        small.textContent = about;
        option.append(small);
        option.addEventListener('mousedown', (event) => {
          event.preventDefault();
          choose(option);
        });
        return option;
      }),
    );
    if (found.length === 0) {
      const none = document.createElement('li');
      none.textContent = 'Nothing of this name.';
      list.append(none);
    }
    show(true);
    mark(-1 + (found.length > 0 ? 1 : 0));
  };
  input.addEventListener('input', () => {
    hidden.value = '';
    clearTimeout(timer);
    timer = setTimeout(ask, 150);
  });
  input.addEventListener('focus', () => {
    if (input.value === '') void ask();
  });
  input.addEventListener('blur', () => {
    asked += 1;
    clearTimeout(timer);
    show(false);
  });
  input.addEventListener('keydown', (event) => {
    if (list.hidden && event.key === 'ArrowDown') void ask();
    else if (list.hidden) return;
    else if (event.key === 'ArrowDown') mark(at + 1);
    else if (event.key === 'ArrowUp') mark(at - 1);
    else if (event.key === 'Escape') show(false);
    else if (event.key === 'Enter' && at >= 0) choose(all('li[role=option]', list)[at]);
    else return;
    event.preventDefault();
  });
}

/** A dependent picklist offers what the controlling field's value allows, and keeps what the record holds already. */
function dependent(field) {
  const controller = field.closest('form').elements.namedItem(field.dataset.depends);
  if (controller === null) return;
  const options = all('[data-valid]', field);
  const update = () => {
    const value = controller.type === 'checkbox' ? String(controller.checked) : controller.value;
    for (const option of options) {
      const valid = JSON.parse(option.dataset.valid).includes(value);
      option.hidden = !valid;
      option.disabled = !valid && !option.selected;
      if (!valid && option.selected && field.dataset.touched === 'true') field.value = '';
    }
  };
  controller.addEventListener('change', () => {
    field.dataset.touched = 'true';
    update();
  });
  update();
}

/** A box above a table shows the rows that hold its words. */
function filter(input) {
  const rows = all(`#${input.dataset.filter} tbody tr`);
  const count = document.getElementById(`${input.dataset.filter}-count`);
  const apply = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
      if (!row.hidden) shown += 1;
    }
    if (count !== null) count.textContent = `${shown} of ${rows.length}`;
  };
  input.hidden = false;
  input.addEventListener('input', apply);
  apply();
}

/** Heads of a table that sort its rows. */
function sortable(table) {
  const body = table.tBodies[0];
  for (const [column, head] of all('thead th', table).entries()) {
    // A column of buttons has nothing to sort by.
    if (body.rows[0]?.cells[column]?.querySelector('form') !== null) continue;
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const up = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of all('th[aria-sort]', table)) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
      const key = (row) => row.cells[column].dataset.key ?? row.cells[column].textContent.trim();
      const rows = [...body.rows].toSorted((one, other) =>
        key(one).localeCompare(key(other), 'en', { numeric: true, sensitivity: 'base' }),
      );
      body.append(...(up ? rows : rows.toReversed()));
    });
  }
}

/** Fetches the page again and puts the fresh part in the place of the old one, unless somebody is at work in it. */
function live(part) {
  const again = async () => {
    const busy = part.contains(document.activeElement) && document.activeElement !== part;
    if (!document.hidden && !busy && part.dataset.paused !== 'true') {
      const answer = await fetch(location.href).catch(() => undefined);
      if (answer?.ok && !answer.redirected) {
        const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
        const fresh = page.getElementById(part.id);
        if (fresh !== null) part.replaceChildren(...fresh.childNodes);
      }
    }
    setTimeout(again, Number(part.dataset.live) * 1_000);
  };
  setTimeout(again, Number(part.dataset.live) * 1_000);
}

const EVENTS_SHOWN_MAX = 500;

/** The event monitor: asks for what came since, shows it on top, and stands still while it is paused. */
function events(part) {
  const list = part.querySelector('ul');
  const filters = part.querySelector('form');
  const pause = part.querySelector('[data-pause]');
  const state = part.querySelector('[role=status]');
  const template = part.querySelector('template');
  let after = part.dataset.events;
  let paused = false;
  let held = [];
  const wanted = ({ channel, text }) => {
    const of = filters.elements.namedItem('channel').value;
    const words = filters.elements.namedItem('words').value.toLowerCase();
    return (of === '' || channel === of) && text.toLowerCase().includes(words);
  };
  const matches = (item) => wanted({ channel: item.dataset.channel, text: item.textContent });
  const say = () => {
    const shown = all('li', list).filter((item) => !item.hidden).length;
    state.textContent = paused
      ? `Paused; ${held.length} more have come.`
      : `Listening. ${shown} shown.`;
    part.querySelector('.empty').hidden = shown > 0;
  };
  const add = (event) => {
    const item = template.content.firstElementChild.cloneNode(true);
    item.dataset.channel = event.channel;
    for (const slot of all('[data-slot]', item)) slot.textContent = event[slot.dataset.slot];
    item.hidden = !matches(item);
    item.classList.add('fresh');
    list.prepend(item);
    const channel = filters.elements.namedItem('channel');
    if (![...channel.options].some(({ value }) => value === event.channel))
      channel.add(new Option(event.channel, event.channel));
    if (list.children.length > EVENTS_SHOWN_MAX) list.lastElementChild.remove();
  };
  const ask = async () => {
    const answer = await fetch(`/setup/events/feed?after=${after}`).catch(() => undefined);
    if (answer?.ok && !answer.redirected) {
      const feed = await answer.json();
      after = feed.after;
      if (paused) held.push(...feed.events);
      else for (const event of feed.events) add(event);
      say();
    } else state.textContent = 'The org does not answer; asking again.';
    setTimeout(ask, 1_000);
  };
  filters.addEventListener('submit', (event) => event.preventDefault());
  filters.addEventListener('input', () => {
    for (const item of all('li', list)) item.hidden = !matches(item);
    say();
  });
  pause.addEventListener('click', () => {
    paused = !paused;
    pause.textContent = paused ? 'Resume' : 'Pause';
    pause.setAttribute('aria-pressed', String(paused));
    if (!paused) {
      for (const event of held) add(event);
      held = [];
    }
    say();
  });
  part.querySelector('[data-clear]').addEventListener('click', () => {
    list.replaceChildren();
    say();
  });
  pause.hidden = false;
  part.querySelector('[data-clear]').hidden = false;
  say();
  void ask();
}

/** Puts the cursor where a query went wrong. */
function errorPlace(area) {
  const [row, column] = area.dataset.errorPlace.split(':').map(Number);
  const before = area.value.split('\n').slice(0, row - 1);
  const at = before.reduce((sum, line) => sum + line.length + 1, 0) + column - 1;
  area.focus();
  area.setSelectionRange(at, at + 1);
}

/** Control and Enter together send the form one is writing in. */
function submitByKey(area) {
  area.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) area.form.requestSubmit();
  });
}

/** The API name follows the label until it is changed by hand. */
function nameFromLabel(input) {
  const label = input.form.elements.namedItem(input.dataset.nameOf);
  let own = input.value !== '';
  input.addEventListener('input', () => {
    own = input.value !== '';
  });
  label.addEventListener('input', () => {
    if (own) return;
    input.value = label.value
      .normalize('NFD')
      .replace(/[^A-Za-z0-9]+/g, '_')
      .replace(/^[^A-Za-z]+|_+$/g, '')
      .slice(0, 40);
  });
}

/** The setup's navigation is folded on narrow screens only; browsers that cannot tell by style are told here. */
function unfold(details) {
  details.open = matchMedia('(min-width: 52.01rem)').matches;
}

/** Asks before a form does what cannot be taken back. */
function confirmed(form) {
  form.addEventListener('submit', (event) => {
    if (!confirm(form.dataset.confirm)) event.preventDefault();
  });
}

all('form[data-confirm]').forEach(confirmed);
all('nav.side > details').forEach(unfold);
all('[data-lookup]').forEach(lookup);
all('[data-depends]').forEach(dependent);
all('[data-filter]').forEach(filter);
all('[data-sortable]').forEach(sortable);
all('[data-live]').forEach(live);
all('[data-events]').forEach(events);
all('[data-error-place]').forEach(errorPlace);
all('textarea.code').forEach(submitByKey);
all('[data-name-of]').forEach(nameFromLabel);
document.querySelector('[aria-invalid=true]')?.focus();
