/* ink/ink.h: everything inkstone offers to C. */
#ifndef INK_INK_H
#define INK_INK_H

#include <ink/about.h>
#include <ink/arena.h>
#include <ink/audiobook.h>
#include <ink/book.h>
#include <ink/buf.h>
#include <ink/chat.h>
#include <ink/conversation.h>
#include <ink/compare.h>
#include <ink/convert.h>
#include <ink/cpu.h>
#include <ink/data.h>
#include <ink/err.h>
#include <ink/export.h>
#include <ink/file.h>
#include <ink/generate.h>
#include <ink/history.h>
#include <ink/imatrix.h>
#include <ink/jot.h>
#include <ink/json.h>
#include <ink/llm.h>
#include <ink/machine.h>
#include <ink/memory.h>
#include <ink/model.h>
#include <ink/ngram.h>
#include <ink/param.h>
#include <ink/perplexity.h>
#include <ink/phonemes.h>
#include <ink/sampler.h>
#include <ink/say.h>
#include <ink/scheduler.h>
#include <ink/self_instruct.h>
#include <ink/sound.h>
#include <ink/sqlite.h>
#include <ink/store.h>
#include <ink/template.h>
#include <ink/tokenizer.h>
#include <ink/tokenizer_train.h>
#include <ink/train.h>
#include <ink/types.h>
#include <ink/voice.h>
#include <ink/watermark.h>
#include <ink/weights.h>

#endif
