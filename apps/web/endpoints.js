// Every endpoint with its fields, as /openapi.json lists them.
import { api } from './api.js';
import { h } from './markdown.js';
import { t, translate } from './words.js';

const kind = s => s.enum ? s.enum.join(' | ') : s.type === 'array' && s.items ? `${s.items.type}[]` : s.type || '';
const range = s => s.minimum === undefined ? '' : `${s.minimum} – ${s.maximum === undefined ? '∞' : s.maximum}`;

function fields(schema) {
  const rows = Object.entries(schema?.properties || {});
  return rows.length ? h('table', null, h('thead', null, h('tr', null, ...['field', 'type', 'range', 'meaning'].map(w => h('th', { scope: 'col' }, t(w))))),
    h('tbody', null, ...rows.map(([name, s]) => h('tr', null, h('th', { scope: 'row' }, h('code', null, name)), h('td', null, kind(s)), h('td', null, range(s)), h('td', null, s.description || ''))))) : null;
}

function endpoint(path, method, is) {
  const schema = is.requestBody?.content['application/json'].schema, codes = Object.entries(is.responses || {});
  return h('details', { className: 'card endpoint', id: `${method} ${path}` }, h('summary', null, h('strong', null, method.toUpperCase()), ' ', h('code', null, path), ' ', h('span', { className: 'soft' }, is.summary)),
    h('div', { className: 'body', tabIndex: 0, role: 'region', 'aria-label': `${method.toUpperCase()} ${path}` }, fields(schema), h('ul', null, ...codes.map(([code, r]) => h('li', null, h('code', null, code), ' ', r.description)))));
}

async function show(root) {
  const list = await api('GET', '/openapi.json'), search = h('input', { type: 'search', 'aria-label': t('searchEndpoints'), placeholder: t('searchEndpoints') });
  const all = Object.entries(list.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, is]) => endpoint(path, method, is)));
  search.oninput = () => { for (const e of all) e.hidden = !e.textContent.toLowerCase().includes(search.value.toLowerCase()); };
  root.replaceChildren(h('h1', null, t('endpoints')), h('p', { className: 'soft' }, h('a', { href: './' }, 'inkstone ' + list.info.version), ' · ', h('a', { href: 'openapi.json' }, 'openapi.json')), search, ...all);
}

document.documentElement.classList.toggle('dark', localStorage.getItem('theme') ? localStorage.getItem('theme') === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
translate(document);
const root = document.getElementById('endpoints');
show(root).catch(e => root.replaceChildren(h('p', { className: 'bad', role: 'alert' }, e.message)));
