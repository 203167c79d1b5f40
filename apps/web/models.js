// The models of this machine: what is here, what could be, how far a download is.
import { api, fetchRaw, objects } from './api.js';
import { ask } from './app.js';
import { h } from './markdown.js';
import { t } from './words.js';

const size = bytes => bytes > 1e9 ? (bytes / 1e9).toFixed(1) + ' GB' : (bytes / 1e6).toFixed(0) + ' MB';

function card(m, loaded, again) {
  const d = m.details;
  return h('div', { className: 'card' }, h('div', { className: 'grow' }, h('strong', null, m.name), ' ', loaded ? h('span', { className: 'soft' }, `● ${t('loaded')}, ${size(loaded)} ${t('memory')}`) : null,
    h('div', { className: 'soft' }, `${d.family} · ${d.parameter_size} · ${d.quantization_level} · ${size(m.size)}`)),
    h('button', { 'aria-label': t('delete') + ' ' + m.name, onclick: async e => {
      if (!await ask(t('sureModel'))) return;
      try {
        await api('DELETE', '/api/delete', { model: m.name });
        again();
      } catch (error) {
        e.target.after(h('span', { className: 'bad' }, error.message));
      }
    } }, t('delete')));
}

async function pull(name, place, again) {
  const bar = h('progress', { max: 1, value: 0, 'aria-label': name }), line = h('div', { className: 'soft', role: 'status' });
  place.replaceChildren(bar, line);
  try {
    for await (const step of objects('/api/pull', { model: name })) {
      if (step.total) bar.value = step.completed / step.total;
      line.textContent = step.total ? `${step.status} · ${size(step.completed)} / ${size(step.total)}` : step.status;
    }
    line.textContent = t('done');
    again();
  } catch (e) {
    line.className = 'bad';
    line.textContent = e.message;
  }
}

function offer(item, again) {
  const place = h('div', { className: 'grow' }, h('strong', null, item.name), h('div', { className: 'soft' }, item.about), h('div', { className: 'soft' }, `${size(item.bytes)} · ${t('licence')}: ${item.licence}`));
  const progress = h('div', { className: 'grow' });
  return h('div', { className: 'card' }, place, progress, h('button', { className: 'primary', 'aria-label': t('get') + ' ' + item.name, onclick: e => { e.target.disabled = true; pull(item.name, progress, again); } }, t('get')));
}

export async function showModels(root, changed) {
  const again = async () => {
    await changed();
    await showModels(root, changed);
  };
  const [{ models }, ps, { catalogue }, metrics] = await Promise.all([api('GET', '/api/tags'), api('GET', '/api/ps'), api('GET', '/ui/catalogue'), fetchRaw('GET', '/metrics').then(r => r.text())]);
  const loaded = new Map(ps.models.map(m => [m.name, m.size])), held = Number((/^process_resident_memory_bytes (\d+)/m.exec(metrics) || [])[1]), name = h('input', { id: 'pull-name', 'aria-describedby': 'pull-help' }), progress = h('div', { className: 'grow' });
  root.replaceChildren(h('h1', null, t('models')), h('h2', null, t('here')), ...(held ? [h('p', { className: 'soft' }, `${t('held')}: ${size(held)}`)] : []), ...models.map(m => card(m, loaded.get(m.name), again)), h('h2', null, t('fetch')), ...catalogue.map(i => offer(i, again)),
    h('form', { className: 'card', onsubmit: e => { e.preventDefault(); if (name.value.trim()) pull(name.value.trim(), progress, again); } },
      h('div', { className: 'grow' }, h('label', { htmlFor: 'pull-name' }, t('model') + ' '), name, h('div', { className: 'soft', id: 'pull-help' }, t('fetchHelp'))), progress, h('button', null, t('get'))), h('p', null, h('a', { href: 'endpoints.html' }, t('endpoints'))));
}
