// Talking to the server: objects, and streams of them.
export const key = { get: () => localStorage.getItem('key') || '', set: v => localStorage.setItem('key', v) };

function headers(body) {
  return { ...(body === undefined ? {} : { 'Content-Type': 'application/json' }), ...(key.get() ? { Authorization: 'Bearer ' + key.get() } : {}) };
}

async function checked(response) {
  if (response.ok) return response;
  let said = response.status + ' ' + response.statusText;
  try {
    const error = (await response.json()).error;
    said = error.message || error;
  } catch { /* the status says it */ }
  throw new Error(said);
}

export async function fetchRaw(method, path, body, signal) {
  return checked(await fetch(path, { method, headers: headers(body), body: body === undefined ? undefined : JSON.stringify(body), signal }));
}

export async function api(method, path, body, signal) {
  return (await fetchRaw(method, path, body, signal)).json();
}

async function* lines(response) {
  const decoder = new TextDecoder();
  let rest = '';
  for (const reader = response.body.getReader(); ;) {
    const { done, value } = await reader.read();
    rest += decoder.decode(value || new Uint8Array(), { stream: !done });
    const all = rest.split('\n');
    rest = all.pop();
    yield* all;
    if (done) break;
  }
  if (rest) yield rest;
}

/** The objects of a stream of server-sent events, up to [DONE]. */
export async function* events(path, body, signal) {
  for await (const line of lines(await fetchRaw('POST', path, body, signal)))
    if (line.startsWith('data: {')) {
      const object = JSON.parse(line.slice(6));
      if (object.error) throw new Error(object.error.message);
      yield object;
    }
}

/** The objects of a stream of lines. */
export async function* objects(path, body, signal) {
  for await (const line of lines(await fetchRaw('POST', path, body, signal)))
    if (line.trim()) {
      const object = JSON.parse(line);
      if (object.error) throw new Error(object.error);
      yield object;
    }
}
