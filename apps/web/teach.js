// Teaching a model: a form that begins a run, and the runs as they go: curve, figures, what the new model writes.
import { api } from './api.js';
import { h } from './markdown.js';
import { t } from './words.js';

let timer = null;

function curve(canvas, run) {
  const context = canvas.getContext('2d'), w = canvas.width = canvas.clientWidth * devicePixelRatio, tall = canvas.height = canvas.clientHeight * devicePixelRatio, pad = 6 * devicePixelRatio;
  const low = Math.min(...run.losses), high = Math.max(...run.losses), all = Math.max(1, run.steps / run.every - 1);
  const style = getComputedStyle(canvas);
  context.strokeStyle = style.getPropertyValue('--accent');
  context.lineWidth = 2 * devicePixelRatio;
  context.beginPath();
  run.losses.forEach((loss, i) => context.lineTo(pad + i / all * (w - 2 * pad), pad + (high - loss) / (high - low || 1) * (tall - 2 * pad)));
  context.stroke();
  context.fillStyle = style.getPropertyValue('--soft');
  context.font = `${12 * devicePixelRatio}px system-ui`;
  context.fillText(high.toFixed(2), pad, 14 * devicePixelRatio);
  context.fillText(low.toFixed(2), pad, tall - pad);
}

function card(run, again) {
  const names = { running: t('running'), done: t('finished'), stopped: t('ended'), failed: t('failed') }, last = run.losses.at(-1);
  const canvas = h('canvas', { role: 'img', 'aria-label': `${t('loss')} ${last === undefined ? '' : last.toFixed(3)}` });
  const out = h('article', { className: 'card run' }, h('div', { className: 'grow' }, h('strong', null, `${run.id} · ${t(run.kind)}`), ' ', h('span', { className: 'soft state' }, names[run.state])),
    run.state === 'running' ? h('button', { onclick: async () => { await api('DELETE', '/ui/training/' + run.id); again(); } }, t('stop')) : null,
    h('progress', { max: run.steps || 1, value: run.step, 'aria-label': t('steps') }),
    h('div', { className: 'soft' }, [`${run.step}/${run.steps} ${t('steps')}`, last !== undefined && `${t('loss')} ${last.toFixed(3)}`, run.tokens_per_second && `${run.tokens_per_second.toFixed(0)} ${t('perSecond')}`].filter(Boolean).join(' · ')),
    run.losses.length > 1 ? canvas : null, run.error ? h('p', { className: 'bad' }, run.error) : null,
    run.samples.length ? h('details', { open: true }, h('summary', null, `${t('sample')} · ${t('afterSteps')} ${run.sampled}`), ...run.samples.flatMap(s => [h('div', { className: 'soft' }, s.prompt), h('pre', { tabIndex: 0 }, s.text)])) : null, run.state === 'done' ? h('div', { className: 'soft' }, run.folder) : null);
  if (run.losses.length > 1) requestAnimationFrame(() => curve(canvas, run));
  return out;
}

function form(models, again) {
  const kind = h('select', { id: 'teach-kind', name: 'kind' }, ...['characters', 'adapter'].map(k => h('option', { value: k }, t(k)))), model = h('select', { id: 'teach-model' }, ...models.map(m => h('option', null, m)));
  const text = h('textarea', { id: 'teach-text', rows: 6 }), prompts = h('textarea', { id: 'teach-prompts', rows: 2 }), steps = h('input', { id: 'teach-steps', type: 'number', min: 1, max: 100000, value: 300 }), rate = h('input', { id: 'teach-rate', type: 'number', step: 'any', value: 0.001 });
  const status = h('p', { role: 'status' }), file = h('input', { type: 'file', hidden: true, onchange: async () => { if (file.files[0]) text.value = await file.files[0].text(); } });
  const row = (id, label, control, wide) => h('div', { className: 'field' + (wide ? ' wide' : '') }, h('label', { htmlFor: id }, label), control);
  const modelRow = row('teach-model', t('model'), model);
  modelRow.hidden = true;
  kind.addEventListener('change', () => { modelRow.hidden = kind.value !== 'adapter'; });
  return h('form', { onsubmit: async e => {
    e.preventDefault();
    try {
      await api('POST', '/ui/training', { kind: kind.value, model: model.value, text: text.value, prompts: prompts.value, steps: Number(steps.value), learning_rate: Number(rate.value) });
      status.textContent = '';
      again();
    } catch (error) {
      status.className = 'bad';
      status.textContent = error.message;
    }
  } }, row('teach-kind', t('kind'), kind, true), modelRow, row('teach-text', t('lesson'), text, true), row('teach-prompts', t('prompts'), prompts, true), row('teach-steps', t('steps'), steps), row('teach-rate', t('rate'), rate),
  h('p', { className: 'row' }, h('button', { className: 'primary' }, t('begin')), h('button', { type: 'button', onclick: () => file.click() }, t('openFile')), file), status);
}

/** Shows the view while it is on, and looks at the runs every second. */
export function showTeaching(root, on, models) {
  clearInterval(timer);
  if (!on) return;
  const runs = h('div', { className: 'runs' });
  let shown = '';
  const again = async () => {
    const list = (await api('GET', '/ui/training')).runs, now = JSON.stringify(list);
    if (now === shown) return; // nobody who reads is disturbed
    shown = now;
    runs.replaceChildren(...list.map(r => card(r, again)));
  };
  root.replaceChildren(h('h1', null, t('teach')), h('p', { className: 'soft' }, t('teachHelp')), form(models, again), runs);
  again();
  timer = setInterval(again, 1000);
}
