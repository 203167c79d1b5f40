// What the page says, in English and Chinese.
const words = {
  skip: ['Skip to the conversation', '跳到对话'], conversations: ['Conversations', '对话'], new: ['New chat', '新对话'], search: ['Search conversations', '搜索对话'],
  export: ['Export', '导出'], import: ['Import', '导入'], theme: ['Light or dark', '浅色或深色'], menu: ['Conversations', '对话列表'], views: ['Views', '视图'],
  chat: ['Chat', '聊天'], voices: ['Voices', '语音'], models: ['Models', '模型'], model: ['Model', '模型'], settings: ['Settings', '设置'], message: ['Message', '消息'],
  ask: ['Ask something…', '问点什么…'], send: ['Send', '发送'], stop: ['Stop', '停止'], you: ['You', '你'], edit: ['Edit', '编辑'], again: ['Regenerate', '重新生成'], copy: ['Copy', '复制'],
  copied: ['Copied', '已复制'], speak: ['Speak', '朗读'], quiet: ['Stop speaking', '停止朗读'], earlier: ['Earlier version', '上一个版本'], later: ['Later version', '下一个版本'],
  thoughts: ['Thoughts', '思考'], answering: ['Answering…', '正在回答…'], answered: ['The answer is complete.', '回答完毕。'], stopped: ['Stopped.', '已停止。'],
  hello: ['What would you like to know?', '想知道什么？'], local: ['The model runs on this machine. Nothing you write leaves it.', '模型在本机运行，你写的内容不会离开这台机器。'],
  noModel: ['There is no model yet. Get one to begin:', '还没有模型，先下载一个：'], get: ['Get', '下载'], delete: ['Delete', '删除'], rename: ['Rename', '重命名'], cancel: ['Cancel', '取消'], save: ['Save', '保存'],
  close: ['Close', '关闭'], sureChat: ['Delete this conversation?', '删除这个对话？'], sureModel: ['Delete this model from the disk?', '从磁盘删除这个模型？'], untitled: ['Untitled', '未命名'],
  options: ['Options of', '操作：'], system: ['System message', '系统提示'], library: ['Prompt library', '提示词库'], libraryHelp: ['choose one to begin with', '选择一个作为开头'],
  maxTokens: ['Longest answer, in tokens', '最长回答（词元）'], schema: ['JSON schema of the answer', '回答的 JSON 模式'], schemaHelp: ['leave empty for plain text', '留空则为普通文本'], key: ['API key', 'API 密钥'],
  keyHelp: ['only where the server asks for one; kept in this browser', '仅在服务器要求时填写；保存在此浏览器'], usual: ['the usual', '默认'], say: ['Say it', '朗读'], text: ['Text to say', '要朗读的文字'], voice: ['Voice', '语音'],
  speed: ['Speed', '语速'], variation: ['Variation of the sound', '音色变化'], rhythm: ['Variation of the rhythm', '节奏变化'], pause: ['Pause between sentences (s)', '句间停顿（秒）'],
  download: ['Download', '下载'], waveform: ['Waveform', '波形'], noVoice: ['There is no voice yet: get "joe" under Models.', '还没有语音：在“模型”中下载 joe。'],
  here: ['On this machine', '本机已有'], fetch: ['Get another model', '下载其他模型'], fetchHelp: ['a name from the catalogue, or hf:user/repo[:quant]', '目录中的名称，或 hf:用户/仓库[:量化]'], done: ['Done.', '完成。'],
  loaded: ['loaded', '已加载'], tokens: ['tokens', '词元'], perSecond: ['tokens/s', '词元/秒'], first: ['to the first', '首词'], cached: ['reused', '复用'], imported: ['conversations imported', '个对话已导入'],
  teach: ['Teach', '训练'], teachHelp: ['A model learns from your text on half of the cores; answers go on meanwhile.', '模型用一半的核心从你的文本中学习，对话可照常进行。'], kind: ['What is made', '生成什么'],
  characters: ['a small model of letters, from nothing', '从零开始的小型字符模型'], adapter: ['an adapter (LoRA) for a model', '某个模型的适配器（LoRA）'], lesson: ['Text, or lines of JSON with messages', '文本，或含 messages 的 JSON 行'],
  steps: ['Steps', '步数'], rate: ['Learning rate', '学习率'], begin: ['Begin', '开始'], openFile: ['Open a file', '打开文件'], loss: ['Loss', '损失'], sample: ['What it writes', '它写的文字'], afterSteps: ['step', '步骤'], prompts: ['What it is to write on from while it learns, a line each', '训练时让它续写的文字，每行一条'], running: ['running', '进行中'], failed: ['failed', '失败'], finished: ['done', '完成'], ended: ['stopped', '已停止'],
  memory: ['of memory at most', '内存（最多）'], held: ['Memory in use now', '当前占用内存'],
  endpoints: ['Endpoints for programs', '供程序调用的接口'], searchEndpoints: ['Search endpoints and fields', '搜索接口和字段'], field: ['Field', '字段'], type: ['Type', '类型'], range: ['Range', '范围'], meaning: ['Meaning', '含义'],
  licence: ['licence', '许可'], sendAgain: ['Send', '发送'],
};
export const languages = ['en', 'zh'];
let at = Math.max(0, languages.indexOf(localStorage.getItem('language') || (navigator.language.startsWith('zh') ? 'zh' : 'en')));
export const language = () => languages[at];
export const t = name => (words[name] || [name, name])[at];
export function turn() {
  at = 1 - at;
  localStorage.setItem('language', languages[at]);
}
export function translate(root) {
  document.documentElement.lang = language();
  for (const e of root.querySelectorAll('[data-t]')) e.textContent = t(e.dataset.t);
  for (const e of root.querySelectorAll('[data-t-label]')) e.setAttribute('aria-label', t(e.dataset.tLabel));
  for (const e of root.querySelectorAll('[data-t-placeholder]')) e.placeholder = t(e.dataset.tPlaceholder);
}
