// The page: conversations at the side, one of them in the middle. State lives on the server; this shows it and asks for changes.
import { api, events, key } from './api.js';
import { h, markdown } from './markdown.js';
import { language, t, translate, turn } from './words.js';
import { speak, showVoices } from './voices.js';
import { showModels } from './models.js';
import { showTeaching } from './teach.js';

const $ = id => document.getElementById(id);
const state = { list: [], chat: null, byId: new Map(), settings: [], values: {}, running: null, models: [] };

/* ---- the look ---- */

function setTheme(dark) {
  document.documentElement.classList.toggle('dark', dark);
  localStorage.setItem('theme', dark ? 'dark' : 'light');
}

function say(text, bad) {
  $('status').textContent = text;
  $('status').classList.toggle('bad', Boolean(bad));
}

/** A question in a dialog: the text that was given, or null. field: its beginning; undefined: only yes or no. */
export function ask(title, field) {
  const box = $('ask'), input = field === undefined ? null : h('input', { value: field, id: 'ask-field', 'aria-labelledby': 'ask-title' });
  return new Promise(resolve => {
    let answer = null;
    const form = h('form', { method: 'dialog', onsubmit: () => { answer = input ? input.value : true; } }, h('h2', { id: 'ask-title' }, title), input,
      h('p', { className: 'row' }, h('button', { className: 'primary' }, field === undefined ? t('delete') : t('save')), h('button', { type: 'button', onclick: () => box.close() }, t('cancel'))));
    box.replaceChildren(form);
    box.onclose = () => resolve(answer);
    box.showModal();
    if (input) input.select();
  });
}

/* ---- views ---- */

const views = { chat: 'main', voices: 'voices', models: 'models', teach: 'teach' };

function show(view) {
  for (const [name, id] of Object.entries(views)) {
    const tab = $('tab-' + name), on = name === view;
    tab.setAttribute('aria-selected', on);
    tab.tabIndex = on ? 0 : -1;
    $(id).hidden = !on;
  }
  if (view === 'voices') showVoices($('voices'));
  showTeaching($('teach'), view === 'teach', state.models);
  if (view === 'models') showModels($('models'), loadModels);
}

/* ---- conversations ---- */

/* Answers come in any order: of one thing that is asked for again and again, the answer to the last question counts. */
function questions() {
  let asked = 0;
  return () => {
    const mine = ++asked;
    return () => mine === asked;
  };
}

const listAsked = questions(), chatAsked = questions();

async function loadList() {
  const search = $('search').value.trim(), last = listAsked();
  const list = (await api('GET', '/ui/conversations' + (search ? '?search=' + encodeURIComponent(search) : ''))).conversations;
  if (!last()) return;
  state.list = list;
  $('list').replaceChildren(...state.list.map(c => {
    const name = c.title || t('untitled');
    return h('li', { className: state.chat && state.chat.id === c.id ? 'now' : '' },
      h('button', { className: 'open', title: name, onclick: () => open(c.id), ...(state.chat && state.chat.id === c.id ? { 'aria-current': 'true' } : {}) }, name),
      h('button', { className: 'more', 'aria-label': t('rename') + ' ' + name, onclick: () => rename(c) }, '✎'),
      h('button', { className: 'more', 'aria-label': t('delete') + ' ' + name, onclick: () => remove(c) }, '×'));
  }));
}

async function rename(c) {
  const title = await ask(t('rename'), c.title);
  if (title === null) return;
  await api('PUT', '/ui/conversations/' + c.id, { title });
  if (state.chat && state.chat.id === c.id) state.chat.title = title;
  await loadList();
}

async function remove(c) {
  if (!await ask(t('sureChat'))) return;
  await api('DELETE', '/ui/conversations/' + c.id);
  if (state.chat && state.chat.id === c.id) fresh();
  await loadList();
}

function fresh() {
  stop();
  chatAsked();
  state.chat = null;
  state.byId.clear();
  history.replaceState(null, '', location.pathname);
  draw();
  $('input').focus();
}

async function open(id) {
  stop();
  const last = chatAsked();
  try {
    const chat = await api('GET', '/ui/conversations/' + id);
    if (!last()) return;
    state.chat = chat;
  } catch (e) {
    if (!last()) return;
    say(e.message, true);
    return fresh();
  }
  state.byId = new Map(state.chat.messages.map(m => [m.id, m]));
  state.values = state.chat.settings || {};
  if (state.chat.model && state.models.includes(state.chat.model)) $('model').value = state.chat.model;
  history.replaceState(null, '', '#' + id);
  closeSide();
  show('chat');
  draw();
  await loadList();
}

async function add(message) {
  if (!state.chat) {
    const title = message.content.trim().split('\n')[0].slice(0, 60);
    const made = await api('POST', '/ui/conversations', { title, model: $('model').value, settings: state.values, system: state.values.system || '' });
    state.chat = { id: made.id, title, messages: [] };
    history.replaceState(null, '', '#' + made.id);
  }
  const { id } = await api('POST', '/ui/messages/' + state.chat.id, message);
  const m = { ...message, id, parent: message.parent || null };
  state.chat.messages.push(m);
  state.byId.set(id, m);
  state.chat.leaf = id;
  return m;
}

/* ---- the tree ---- */

/** From the first message down to the leaf that is looked at. */
function path() {
  const out = [];
  for (let m = state.chat && state.byId.get(state.chat.leaf); m; m = state.byId.get(m.parent)) out.unshift(m);
  return out;
}

const siblings = m => state.chat.messages.filter(o => o.parent === m.parent && o.role === m.role);

function deepest(m) {
  for (let next = m; next; next = state.chat.messages.filter(o => o.parent === m.id).at(-1)) m = next;
  return m;
}

async function look(m) {
  state.chat.leaf = deepest(m).id;
  draw();
  await api('PUT', '/ui/conversations/' + state.chat.id, { leaf: state.chat.leaf });
}

/* ---- messages ---- */

function toolButton(label, sign, onclick) {
  return h('button', { type: 'button', onclick }, (sign + ' ' + label).trim());
}

function tools(m) {
  const row = h('div', { className: 'tools' }), all = siblings(m), at = all.indexOf(m);
  if (all.length > 1)
    row.append(h('button', { type: 'button', 'aria-label': t('earlier'), disabled: at === 0, onclick: () => look(all[at - 1]) }, '‹'), h('span', { className: 'soft' }, `${at + 1}/${all.length}`),
      h('button', { type: 'button', 'aria-label': t('later'), disabled: at === all.length - 1, onclick: () => look(all[at + 1]) }, '›'));
  row.append(toolButton(t('copy'), '', () => navigator.clipboard.writeText(m.content)));
  if (m.role === 'user') row.append(toolButton(t('edit'), '✎', e => edit(m, e.target.closest('li'))));
  else {
    row.append(toolButton(t('again'), '↻', () => answer(m.parent)));
    row.append(toolButton(t('speak'), '♪', e => speak(m.content, e.target, text => say(text, true))));
  }
  if (m.info) row.append(h('span', { className: 'soft' }, figures(m.info)));
  return row;
}

function figures(i) {
  return [i.tokens && `${i.tokens} ${t('tokens')}`, i.rate && `${i.rate.toFixed(0)} ${t('perSecond')}`, i.first && `${i.first.toFixed(0)} ms ${t('first')}`, i.cached && `${i.cached} ${t('cached')}`]
    .filter(Boolean).join(' · ');
}

function thoughts(text) {
  return h('details', { className: 'thoughts' }, h('summary', null, t('thoughts')), ...markdown(text));
}

function messageElement(m) {
  const body = h('div', { className: 'body' });
  if (m.role === 'user') body.textContent = m.content;
  else body.append(...(m.reasoning ? [thoughts(m.reasoning)] : []), ...markdown(m.content));
  return h('li', { className: m.role, id: 'm' + m.id }, h('div', { className: 'who' }, m.role === 'user' ? t('you') : m.model || 'inkstone'), body, tools(m));
}

function welcome() {
  return h('li', { className: 'empty' }, h('h2', null, t('hello')), h('p', null, t('local')),
    ...(state.models.length ? [] : [h('p', null, t('noModel')), h('button', { className: 'primary', onclick: () => show('models') }, t('models'))]));
}

function draw() {
  const list = path();
  $('title').textContent = (state.chat && state.chat.title) || 'inkstone';
  document.title = state.chat && state.chat.title ? state.chat.title + ' · inkstone' : 'inkstone';
  $('messages').replaceChildren(...(list.length ? list.map(messageElement) : [welcome()]));
  $('messages').scrollTop = $('messages').scrollHeight;
}

function edit(m, li) {
  const area = h('textarea', { value: m.content, 'aria-label': t('edit'), rows: Math.min(12, m.content.split('\n').length + 1) });
  area.style.width = '100%';
  li.querySelector('.body').replaceChildren(area);
  li.querySelector('.tools').replaceChildren(h('button', { onclick: async () => { const made = await add({ role: 'user', content: area.value, parent: m.parent || 0 }); await answer(made.id); } }, t('send')),
    h('button', { onclick: draw }, t('cancel')));
  area.focus();
}

/* ---- an answer ---- */

function request(parent) {
  const messages = [];
  for (let m = state.byId.get(parent); m; m = state.byId.get(m.parent)) messages.unshift({ role: m.role, content: m.content });
  const { system, max_tokens, schema, ...sampling } = state.values;
  if (system) messages.unshift({ role: 'system', content: system });
  const body = { model: $('model').value, messages, stream: true, stream_options: { include_usage: true }, ...sampling };
  if (max_tokens) body.max_tokens = max_tokens;
  if (schema) body.response_format = { type: 'json_schema', json_schema: { name: 'answer', schema: JSON.parse(schema) } };
  return body;
}

/** Draws what has come, at most once for each frame. */
function painter(body) {
  let waiting = false;
  return (text, reasoning, last) => {
    const paint = () => {
      const list = $('messages'), low = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      waiting = false;
      body.replaceChildren(...(reasoning ? [thoughts(reasoning)] : []), ...markdown(text));
      if (low) list.scrollTop = list.scrollHeight;
    };
    if (last) paint();
    else if (!waiting) {
      waiting = true;
      requestAnimationFrame(paint);
    }
  };
}

async function receive(parent, signal, paint, said) {
  const began = performance.now();
  for await (const chunk of events('/v1/chat/completions', request(parent), signal)) {
    const delta = chunk.choices[0] && chunk.choices[0].delta;
    if (delta && (delta.content || delta.reasoning_content)) {
      said.first = said.first || performance.now() - began;
      said.content += delta.content || '';
      said.reasoning += delta.reasoning_content || '';
      paint(said.content, said.reasoning);
    }
    if (chunk.usage) said.info = { tokens: chunk.usage.completion_tokens, cached: chunk.usage.prompt_tokens_details.cached_tokens, rate: chunk.timings.predicted_per_second, first: said.first };
  }
}

async function answer(parent) {
  if (state.running) return;
  const control = state.running = new AbortController(), said = { content: '', reasoning: '', info: null, first: 0 };
  state.chat.leaf = parent;
  draw();
  const body = h('div', { className: 'body waiting' }), paint = painter(body);
  $('messages').append(h('li', { className: 'assistant', 'aria-busy': 'true' }, h('div', { className: 'who' }, $('model').value), body));
  $('messages').scrollTop = $('messages').scrollHeight;
  busy(true);
  say(t('answering'));
  try {
    await receive(parent, control.signal, paint, said);
    say(t('answered'));
  } catch (e) {
    say(control.signal.aborted ? t('stopped') : e.message, !control.signal.aborted);
  }
  paint(said.content, said.reasoning, true);
  state.running = null;
  busy(false);
  if (said.content || said.reasoning)
    await add({ role: 'assistant', content: said.content, reasoning: said.reasoning, parent, model: $('model').value, info: said.info }).catch(e => say(e.message, true));
  draw();
  await loadList();
}

function busy(on) {
  $('send').hidden = on;
  $('stop').hidden = !on;
}

function stop() {
  if (state.running) state.running.abort();
}

async function send() {
  const text = $('input').value;
  if (!text.trim() || state.running) return;
  $('input').value = '';
  grow();
  try {
    const m = await add({ role: 'user', content: text, parent: (state.chat && state.chat.leaf) || 0 });
    await answer(m.id);
  } catch (e) {
    $('input').value = text;
    say(e.message, true);
  }
  $('input').focus();
}

function grow() {
  const i = $('input');
  i.style.height = 'auto';
  i.style.height = i.scrollHeight + 2 + 'px';
}

/* ---- settings ---- */

const library = { 'Brief / 简洁': 'Answer in one or two sentences.', 'Teacher / 老师': 'You are a patient teacher. Explain step by step, with one example.', 'Translator / 翻译': 'Translate what the user writes: English into Chinese, Chinese into English. Give the translation alone.',
  'Editor / 编辑': 'Correct spelling and grammar of what the user writes, and change nothing else.', 'Programmer / 程序员': 'You write short, correct programs. Answer with code first, then one sentence about it.' };

function field(label, control, help, wide) {
  const id = 'set-' + label.replace(/\W+/g, '-') + Math.random().toString(36).slice(2, 6);
  control.id = id;
  return h('div', { className: 'field' + (wide ? ' wide' : '') }, h('label', { htmlFor: id }, label), control, help ? h('small', null, help) : null);
}

function settingControl(s) {
  const value = state.values[s.name];
  return h('input', { type: s.type === 'int' || s.type === 'real' ? 'number' : 'text', value: value === undefined ? '' : value, placeholder: s.default || t('usual'), name: s.name,
    ...(s.type === 'real' ? { step: 'any' } : {}), ...('min' in s ? { min: s.min, max: s.max } : {}) });
}

function readSettings(form) {
  const out = {};
  for (const s of state.settings.filter(one => one.name in form.elements)) {
    const v = form.elements[s.name].value;
    if (v !== '') out[s.name] = s.type === 'int' || s.type === 'real' ? Number(v) : v;
  }
  for (const name of ['system', 'schema']) if (form.elements[name].value.trim()) out[name] = form.elements[name].value;
  if (form.elements.max_tokens.value) out.max_tokens = Number(form.elements.max_tokens.value);
  return out;
}

function openSettings() {
  const box = $('settings'), system = h('textarea', { name: 'system', value: state.values.system || '' }), schema = h('textarea', { name: 'schema', value: state.values.schema || '' });
  const pick = h('select', { onchange: () => { if (pick.value) system.value = library[pick.value]; } }, h('option', { value: '' }, t('libraryHelp')), ...Object.keys(library).map(k => h('option', { value: k }, k)));
  const secret = h('input', { type: 'password', value: key.get(), autocomplete: 'off' });
  const form = h('form', { method: 'dialog' }, h('h2', { id: 'settings-title' }, t('settings')), field(t('library'), pick), field(t('system'), system, null, true),
    field(t('maxTokens'), h('input', { type: 'number', min: 1, name: 'max_tokens', value: state.values.max_tokens || '', placeholder: t('usual') })),
    ...state.settings.filter(s => s.type !== 'texts').map(s => field(s.name, settingControl(s), s.help)), field(t('schema'), schema, t('schemaHelp'), true), field(t('key'), secret, t('keyHelp')),
    h('p', { className: 'row' }, h('button', { className: 'primary', value: 'save' }, t('save')), h('button', { type: 'button', onclick: () => box.close() }, t('cancel'))));
  form.addEventListener('submit', async e => {
    try {
      if (schema.value.trim()) JSON.parse(schema.value);
    } catch (error) {
      e.preventDefault();
      schema.setCustomValidity(error.message);
      schema.reportValidity();
      return;
    }
    state.values = readSettings(form);
    key.set(secret.value);
    if (state.chat) await api('PUT', '/ui/conversations/' + state.chat.id, { settings: state.values, system: state.values.system || '' }).catch(error => say(error.message, true));
  });
  schema.addEventListener('input', () => schema.setCustomValidity(''));
  box.replaceChildren(form);
  box.showModal();
}

/* ---- files ---- */

async function exportAll() {
  const all = await api('GET', '/ui/export'), url = URL.createObjectURL(new Blob([JSON.stringify(all, null, 1)], { type: 'application/json' }));
  h('a', { href: url, download: 'inkstone-conversations.json' }).click();
  URL.revokeObjectURL(url);
}

async function importFile(file) {
  try {
    const { imported } = await api('POST', '/ui/import', JSON.parse(await file.text()));
    say(`${imported} ${t('imported')}`);
    await loadList();
  } catch (e) {
    say(e.message, true);
  }
}

/* ---- beginning ---- */

async function loadModels() {
  const all = (await api('GET', '/v1/models')).data.filter(m => m.kind === 'text').map(m => m.id), last = localStorage.getItem('model');
  state.models = all;
  $('model').replaceChildren(...all.map(id => h('option', { value: id }, id)));
  if (all.includes(last)) $('model').value = last;
  if (!state.chat) draw();
}

function closeSide() {
  $('side').classList.remove('open');
  $('menu').setAttribute('aria-expanded', 'false');
}

function listen() {
  $('composer').addEventListener('submit', e => { e.preventDefault(); send(); });
  $('input').addEventListener('keydown', e => {
    if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) {
      e.preventDefault();
      send();
    }
  });
  $('input').addEventListener('input', grow);
  $('stop').addEventListener('click', stop);
  $('new').addEventListener('click', () => { fresh(); show('chat'); closeSide(); loadList(); });
  $('search').addEventListener('input', loadList);
  $('export').addEventListener('click', exportAll);
  $('import').addEventListener('click', () => $('file').click());
  $('file').addEventListener('change', e => { if (e.target.files[0]) importFile(e.target.files[0]); e.target.value = ''; });
  $('theme').addEventListener('click', () => setTheme(!document.documentElement.classList.contains('dark')));
  $('language').addEventListener('click', () => { turn(); words(); });
  $('settings-open').addEventListener('click', openSettings);
  $('model').addEventListener('change', () => {
    localStorage.setItem('model', $('model').value);
    if (state.chat) api('PUT', '/ui/conversations/' + state.chat.id, { model: $('model').value }).catch(e => say(e.message, true));
  });
  $('menu').addEventListener('click', () => $('menu').setAttribute('aria-expanded', $('side').classList.toggle('open')));
  for (const name of Object.keys(views)) $('tab-' + name).addEventListener('click', () => show(name));
  document.querySelector('[role=tablist]').addEventListener('keydown', e => {
    const names = Object.keys(views), at = names.findIndex(n => 'tab-' + n === document.activeElement.id), by = { ArrowRight: 1, ArrowLeft: -1 }[e.key];
    if (by && at >= 0) {
      const next = names[(at + by + names.length) % names.length];
      show(next);
      $('tab-' + next).focus();
    }
  });
  document.addEventListener('keydown', e => {
    if (e.key === 'Escape' && !document.querySelector('dialog[open]')) {
      stop();
      closeSide();
    }
    if (e.key.toLowerCase() === 'o' && e.ctrlKey && e.shiftKey) {
      e.preventDefault();
      fresh();
    }
  });
  document.addEventListener('click', e => { if (!e.target.closest('#side, #menu, dialog')) closeSide(); });
}

function words() {
  translate(document);
  $('language').textContent = language() === 'en' ? '中文' : 'English';
  $('language').setAttribute('aria-label', $('language').textContent);
  draw();
  loadList().catch(e => say(e.message, true));
}

setTheme(localStorage.getItem('theme') ? localStorage.getItem('theme') === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches);
listen();
words();
try {
  await loadModels();
  state.settings = (await api('GET', '/ui/settings')).settings;
  if (/^#\d+$/.test(location.hash)) await open(Number(location.hash.slice(1)));
  else $('input').focus();
} catch (e) {
  say(e.message, true);
}
