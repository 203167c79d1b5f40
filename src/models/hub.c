/* Hugging Face and ModelScope: their addresses, and what files hf:user/repo[:quant] means. */
#include "base/http.h"
#include "base/path.h"
#include "base/text.h"
#include "models/recipe.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HUB_ANSWER = 64 << 20 }; /* bytes that a listing may have */

static const ink_hub hub_all[] = {
    { "huggingface", "Hugging Face", "HF_ENDPOINT", "https://huggingface.co", "HF_TOKEN", "", "main" },
    { "modelscope", "ModelScope", "MODELSCOPE_ENDPOINT", "https://modelscope.cn", "MODELSCOPE_API_TOKEN", "models/", "master" },
};

const ink_hub *ink_hub_find(const char *key)
{
    for (size_t i = 0; i < sizeof hub_all / sizeof *hub_all; i++)
        if (!strcmp(hub_all[i].key, key))
            return &hub_all[i];
    return NULL;
}

const char *ink_hub_endpoint(const ink_hub *hub)
{
    const char *given = getenv(hub->endpoint_variable);
    return given && *given ? given : hub->endpoint;
}

const char *ink_hub_token(const ink_hub *hub)
{
    const char *token = getenv(hub->token_variable);
    if (!token || !*token)
        return NULL;
    for (const char *c = token; *c; c++)
        if (*c <= ' ' || *c > '~') /* would end the header */
            return NULL;
    return token;
}

static bool hub_word(const char *s, size_t n)
{
    if (!n || n > 96 || *s == '.' || *s == '-')
        return false;
    for (size_t i = 0; i < n; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-", s[i]) || (i && s[i] == '.' && s[i - 1] == '.'))
            return false;
    return true;
}

ink_status ink_hub_name_parse(const char *name, ink_hub_name *out, ink_err *err)
{
    const char *user = name + (strncmp(name, "hf:", 3) ? 0 : 3), *slash = strchr(user, '/'), *repo = slash ? slash + 1 : "";
    size_t user_n = slash ? (size_t)(slash - user) : 0, repo_n = strcspn(repo, ":");
    const char *quant = repo[repo_n] ? repo + repo_n + 1 : "";
    if (!hub_word(user, user_n) || !hub_word(repo, repo_n) || (repo[repo_n] && !hub_word(quant, strlen(quant))) || strlen(quant) >= sizeof out->quant)
        return ink_fail(err, INK_E_ARGUMENT, "\"%.100s\" is not of the form hf:user/repo or hf:user/repo:quant", name);
    snprintf(out->repo, sizeof out->repo, "%.*s/%.*s", (int)user_n, user, (int)repo_n, repo);
    snprintf(out->quant, sizeof out->quant, "%s", quant);
    snprintf(out->key, sizeof out->key, "hf--%.*s--%.*s%s%s", (int)user_n, user, (int)repo_n, repo, *quant ? "--" : "", quant);
    return INK_OK;
}

/* Asks Hugging Face; the path is put together from checked words only. */
static ink_status hub_ask(const char *path, const char *agent, ink_json **out, ink_err *err)
{
    const ink_hub *hub = &hub_all[0];
    ink_path url;
    ink_buf text;
    INK_TRY(ink_path_format(&url, err, "%s/%s", ink_hub_endpoint(hub), path));
    ink_http h = { .url = url.text, .token = ink_hub_token(hub), .agent = agent };
    INK_TRY(ink_http_text(&h, HUB_ANSWER, &text, err));
    ink_status status = ink_json_parse(text.data, text.len, url.text, out, err);
    ink_buf_clear(&text);
    return status;
}

/* "x-00001-of-00003.gguf": the letters that all parts of a split file share at the front; 0 when it is not split. */
static size_t hub_split_stem(const char *path)
{
    size_t n = strlen(path);
    const char *tail = n > 20 ? path + n - 20 : "";
    return *tail == '-' && !strncmp(tail + 6, "-of-", 4) && strspn(tail + 1, "0123456789") == 5 && strspn(tail + 10, "0123456789") == 5 ? n - 20 : 0;
}

/* Which files of a listing belong to the model: the GGUF that was named (with its other parts), or a folder of
   safetensors with what describes it. */
static bool hub_wanted(const char *path, const char *gguf)
{
    static const char *const ends[] = { ".safetensors", ".json", ".jinja", "vocab.txt", "merges.txt", "tokenizer.model" };
    if (gguf) {
        size_t stem = hub_split_stem(gguf);
        return !strcmp(path, gguf) || (stem && stem == hub_split_stem(path) && !strncmp(path, gguf, stem) && !strcmp(path + stem + 6, gguf + stem + 6));
    }
    if (strchr(path, '/') || !strncmp(path, "consolidated", 12))
        return false;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ink_ends(path, ends[i]))
            return true;
    return false;
}

static ink_status hub_add_file(const char *path, const ink_json *size, const char *sha256, ink_recipe *r, ink_arena *arena, ink_err *err)
{
    ink_recipe_file *f = &r->files[r->file_count];
    int64_t bytes = ink_json_integer(size, -1);
    if (!ink_path_safe(path) || bytes < 0 || (sha256 && !ink_sha256_valid(sha256)))
        return ink_fail(err, INK_E_FORMAT, "%s: \"%.100s\": the hub gives a name, size or SHA-256 that cannot be used", r->name, path);
    *f = (ink_recipe_file){ .path = ink_arena_format(arena, "%s", path), .bytes = (uint64_t)bytes,
                            .sha256 = sha256 ? ink_arena_format(arena, "%s", sha256) : NULL };
    ink_recipe_parts *parts = &r->sources->parts[r->file_count++];
    parts->at = ink_arena_alloc(arena, sizeof *parts->at);
    if (!parts->at || !f->path)
        return ink_arena_refused(arena, sizeof *parts->at, err);
    parts->at[0] = f->path;
    parts->count = 1;
    return INK_OK;
}

static ink_status hub_choose(const ink_json *listing, const ink_json *manifest, ink_recipe *r, ink_arena *arena, ink_err *err)
{
    const ink_json *file = ink_json_get(manifest, "ggufFile");
    const char *gguf = ink_json_string(ink_json_get(file, "rfilename"), NULL);
    size_t count = ink_json_size(listing), weights = 0;
    r->files = ink_arena_array(arena, count + 1, sizeof *r->files);
    r->sources->parts = ink_arena_array(arena, count + 1, sizeof *r->sources->parts);
    if (!r->files || !r->sources->parts)
        return ink_arena_refused(arena, count * sizeof *r->files, err);
    for (size_t i = 0; i < count; i++) {
        const ink_json *entry = ink_json_at(listing, i), *lfs = ink_json_get(entry, "lfs");
        const char *path = ink_json_string(ink_json_get(entry, "path"), "");
        if (strcmp(ink_json_string(ink_json_get(entry, "type"), ""), "file") || !hub_wanted(path, gguf))
            continue;
        weights += gguf || ink_ends(path, ".safetensors");
        INK_TRY(hub_add_file(path, ink_json_get(entry, "size"), ink_json_string(ink_json_get(lfs, "oid"), NULL), r, arena, err));
    }
    if (gguf && !weights) { /* a listing comes in pages; the manifest knows its own file */
        weights = 1;
        INK_TRY(hub_add_file(gguf, ink_json_get(file, "size"), ink_json_string(ink_json_get(ink_json_get(file, "lfs"), "sha256"), NULL), r, arena, err));
    }
    if (!weights)
        return ink_fail(err, INK_E_NOT_FOUND, "%s: the repository holds neither a GGUF file of that name nor safetensors", r->name);
    if (gguf)
        r->open = ink_arena_format(arena, "%s", gguf);
    return INK_OK;
}

ink_status ink_hub_recipe(const char *name, ink_arena *arena, ink_recipe *out, ink_err *err)
{
    ink_hub_name ref;
    INK_TRY(ink_hub_name_parse(name, &ref, err));
    *out = (ink_recipe){ .name = ink_arena_format(arena, "%s", name), .source_count = 1 };
    out->sources = ink_arena_alloc(arena, sizeof *out->sources);
    if (!out->sources || !out->name)
        return ink_arena_refused(arena, sizeof *out->sources, err);
    *out->sources = (ink_recipe_source){ .hub = &hub_all[0], .repo = ink_arena_format(arena, "%s", ref.repo), .revision = hub_all[0].revision };
    ink_path path;
    ink_json *manifest = NULL, *listing;
    INK_TRY(ink_path_format(&path, err, "v2/%s/manifests/%s", ref.repo, *ref.quant ? ref.quant : "latest"));
    ink_status status = hub_ask(path.text, "llama-cpp", &manifest, err); /* the agent for which the hub answers with a GGUF */
    if (status && (status != INK_E_NOT_FOUND || *ref.quant))
        return status;
    status = ink_path_format(&path, err, "api/models/%s/tree/%s?recursive=true", ref.repo, hub_all[0].revision);
    if (status == INK_OK)
        status = hub_ask(path.text, NULL, &listing, err);
    if (status == INK_OK) {
        status = hub_choose(listing, manifest, out, arena, err);
        ink_json_free(listing);
    }
    if (manifest)
        ink_json_free(manifest);
    return status;
}
