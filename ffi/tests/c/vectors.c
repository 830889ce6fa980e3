/*
 * Every vector of the law, through the C ABI: vectors DIRECTORY LIST, where the lines of LIST are the files under DIRECTORY.
 * C99 cannot list a directory itself; the counts of DIRECTORY/index.json tell whether one is missing.
 */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "json.h"
#include "toolgate.h"

enum { DOCUMENTS_MAX = 64, NAME_MAX_BYTES = 256, PATH_MAX_BYTES = 4096 };

typedef struct {
    unsigned long files;
    unsigned long cases;
} tally;

static tally decided, rejected, accepted, warned;

/* Says which vector a check failed in. */
static void fail(const char *path, const json *name, const char *what, const char *found, size_t found_len) {
    checks_failed++;
    fprintf(stderr, "%s: %s: %s: %.*s\n", path, name != NULL && name->text != NULL ? name->text : "", what,
            (int)(found_len < 2000 ? found_len : 2000), found != NULL ? found : "");
}

static void expect(int is_so, const char *path, const json *name, const char *what, const char *found, size_t found_len) {
    if (is_so) {
        checks_passed++;
    } else {
        fail(path, name, what, found, found_len);
    }
}

/* Bytes that a vector writes as text, in hexadecimal, or as a unit to repeat. The caller frees them. */
static block written(const json *vector, const char *name) {
    block out = {NULL, 0};
    char key[NAME_MAX_BYTES];
    const json *value = json_member(vector, name);
    const json *repeat;
    size_t at;
    if (value != NULL && value->kind == JSON_STRING) {
        out.len = value->len;
        out.data = allocate(out.len);
        memcpy(out.data, value->text, out.len);
        return out;
    }
    sprintf(key, "%s_hex", name);
    value = json_member(vector, key);
    if (value != NULL) {
        out.len = value->len / 2;
        out.data = allocate(out.len);
        for (at = 0; at < out.len; at++) {
            char digits[3] = {0};
            memcpy(digits, value->text + 2 * at, 2);
            out.data[at] = (char)strtol(digits, NULL, 16);
        }
        return out;
    }
    sprintf(key, "%s_repeat", name);
    repeat = json_member(vector, key);
    {
        const json *prefix = json_member(repeat, "prefix");
        const json *unit = json_member(repeat, "unit");
        const json *suffix = json_member(repeat, "suffix");
        long count = json_number(json_member(repeat, "count"));
        long index;
        if (count < 0) {
            fprintf(stderr, "a vector has no %s\n", name);
            exit(EXIT_FAILURE);
        }
        /* Each `{i}` may become twenty digits. */
        out.data = allocate((prefix != NULL ? prefix->len : 0) + (suffix != NULL ? suffix->len : 0) +
                            (unit != NULL ? unit->len * 8 : 0) * (size_t)count);
        if (prefix != NULL) {
            memcpy(out.data, prefix->text, prefix->len);
            out.len = prefix->len;
        }
        for (index = 0; unit != NULL && index < count; index++) {
            for (at = 0; at < unit->len;) {
                if (unit->len - at >= 3 && memcmp(unit->text + at, "{i}", 3) == 0) {
                    out.len += (size_t)sprintf(out.data + out.len, "%ld", index);
                    at += 3;
                } else {
                    out.data[out.len++] = unit->text[at++];
                }
            }
        }
        if (suffix != NULL) {
            memcpy(out.data + out.len, suffix->text, suffix->len);
            out.len += suffix->len;
        }
    }
    return out;
}

/* The documents of a vector, with names that live in `names`. */
typedef struct {
    toolgate_document documents[DOCUMENTS_MAX];
    char names[DOCUMENTS_MAX][NAME_MAX_BYTES];
    size_t count;
    block own;
} sources;

static void add(sources *all, const char *name, const char *text, size_t len) {
    toolgate_document *document;
    if (all->count == DOCUMENTS_MAX || strlen(name) >= NAME_MAX_BYTES) {
        fprintf(stderr, "a vector has too many documents\n");
        exit(EXIT_FAILURE);
    }
    document = &all->documents[all->count];
    strcpy(all->names[all->count], name);
    document->name = all->names[all->count];
    document->name_len = strlen(name);
    document->text = text;
    document->text_len = len;
    all->count++;
}

static void add_all(sources *all, const json *texts, const char *name_format, const char *name) {
    const json *text;
    char numbered[NAME_MAX_BYTES];
    for (text = texts->first; text != NULL; text = text->next) {
        if (name == NULL) {
            sprintf(numbered, name_format, (unsigned)all->count);
        } else if (all->count == 0) {
            sprintf(numbered, "%s", name);
        } else {
            sprintf(numbered, name_format, (unsigned)all->count, name);
        }
        add(all, numbered, text->text, text->len);
    }
}

/* Compiles; the caller frees what there is. */
static toolgate_status compile(const sources *all, toolgate_bytes **artifact, json **diagnostics) {
    toolgate_bytes *told = NULL;
    toolgate_status status;
    *artifact = NULL;
    status = toolgate_compile(all->documents, all->count, 0, artifact, &told);
    *diagnostics = json_read(toolgate_bytes_data(told), toolgate_bytes_len(told));
    toolgate_bytes_free(told);
    CHECK((status == TOOLGATE_OK) == (*artifact != NULL));
    CHECK(*diagnostics != NULL);
    return status;
}

static const char *word(toolgate_verdict verdict) {
    switch (verdict) {
    case TOOLGATE_ALLOW:
        return "allow";
    case TOOLGATE_APPROVAL_REQUIRED:
        return "approval_required";
    case TOOLGATE_CLARIFICATION_REQUIRED:
        return "clarification_required";
    case TOOLGATE_DENY:
        return "deny";
    default:
        return "none";
    }
}

static char decision[1 << 20];

static void decide_case(const char *path, const toolgate_policy *policy, toolgate_scratch *scratch, const json *vector) {
    const json *name = json_member(vector, "name");
    const json *clarified = json_member(vector, "clarified");
    uint32_t options = clarified != NULL && clarified->is_true ? TOOLGATE_CLARIFIED : 0;
    block request = written(vector, "request");
    toolgate_verdict verdict = TOOLGATE_ALLOW;
    toolgate_verdict alone = TOOLGATE_ALLOW;
    toolgate_verdict small = TOOLGATE_ALLOW;
    size_t len = 0;
    size_t needed = 0;
    const json *expected;
    json *found;
    toolgate_status status =
        toolgate_decide(policy, scratch, request.data, request.len, options, decision, sizeof decision, &len, &verdict);
    expect(status == TOOLGATE_OK, path, name, "is decided", NULL, 0);
    found = json_read(decision, len);
    expect(found != NULL, path, name, "a decision is JSON", decision, len);
    expect(json_is(json_member(found, "decision"), word(verdict)), path, name, "one verdict", decision, len);
    for (expected = json_member(vector, "expect")->first; expected != NULL; expected = expected->next) {
        expect(json_equal(json_member(found, expected->key), expected), path, name, expected->key, decision, len);
    }
    status = toolgate_decide_verdict(policy, scratch, request.data, request.len, options, &alone);
    expect(status == TOOLGATE_OK && alone == verdict, path, name, "the verdict alone is the same", word(alone), strlen(word(alone)));
    /* A buffer that is one byte too small is told the size, and left alone. */
    memset(decision, '#', len);
    status = toolgate_decide(policy, scratch, request.data, request.len, options, decision, len - 1, &needed, &small);
    expect(status == TOOLGATE_ERR_BUFFER_TOO_SMALL && small == TOOLGATE_DENY && needed == len, path, name, "too small is a deny",
           word(small), strlen(word(small)));
    expect(decision[0] == '#' && decision[len - 1] == '#', path, name, "too small is left alone", decision, len);
    json_free(found);
    free(request.data);
    decided.cases++;
}

static void run_decide(const char *path, const json *vector) {
    sources *all = allocate(sizeof *all);
    const json *policies = json_member(vector, "policies");
    const json *one = json_member(vector, "policy");
    const json *cases = json_member(vector, "cases");
    const json *each;
    toolgate_bytes *artifact = NULL;
    toolgate_bytes *info = NULL;
    toolgate_policy *policy = NULL;
    toolgate_policy *expected = NULL;
    toolgate_scratch *scratch = NULL;
    json *diagnostics = NULL;
    json *known;
    const json *digest;
    all->count = 0;
    if (policies != NULL) {
        add_all(all, policies, "policy%u.yaml", NULL);
    } else {
        add(all, "policy0.yaml", one->text, one->len);
    }
    decided.files++;
    if (compile(all, &artifact, &diagnostics) != TOOLGATE_OK) {
        fail(path, NULL, "compiles", NULL, 0);
        json_free(diagnostics);
        free(all);
        return;
    }
    CHECK(toolgate_policy_load(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), &policy, NULL) == TOOLGATE_OK);
    CHECK(toolgate_policy_info(policy, &info) == TOOLGATE_OK);
    known = json_read(toolgate_bytes_data(info), toolgate_bytes_len(info));
    digest = json_member(known, "policy");
    CHECK(digest != NULL && digest->kind == JSON_STRING);
    CHECK(json_number(json_member(known, "artifact_bytes")) == (long)toolgate_bytes_len(artifact));
    if (digest != NULL) {
        CHECK(toolgate_policy_load_expecting(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), digest->text, digest->len,
                                             &expected, NULL) == TOOLGATE_OK);
    }
    /* The policy does not need the artifact any more, nor another one that was loaded from it. */
    toolgate_bytes_free(artifact);
    toolgate_policy_free(expected);
    CHECK(toolgate_scratch_new(policy, &scratch) == TOOLGATE_OK);
    for (each = cases->first; each != NULL; each = each->next) {
        decide_case(path, policy, scratch, each);
    }
    toolgate_scratch_free(scratch);
    toolgate_policy_free(policy);
    toolgate_bytes_free(info);
    json_free(known);
    json_free(diagnostics);
    free(all);
}

/* Whether a diagnostic is at the place that a vector says, if it says one. */
static int is_at(const json *diagnostic, const json *expected, const sources *all) {
    const json *span = json_member(diagnostic, "span");
    const json *wanted = json_member(expected, "span");
    const json *start = json_member(expected, "start");
    const json *file = json_member(expected, "file");
    if (file != NULL && !json_is(json_member(diagnostic, "file"), all->names[json_number(file)])) {
        return 0;
    }
    if (wanted != NULL) {
        return json_equal(json_member(span, "start"), json_element(wanted, 0)) &&
               json_equal(json_member(span, "end"), json_element(wanted, 1));
    }
    return start == NULL || json_equal(json_member(span, "start"), start);
}

static const json *next_of(const json *diagnostic, const char *severity) {
    while (diagnostic != NULL && !json_is(json_member(diagnostic, "severity"), severity)) {
        diagnostic = diagnostic->next;
    }
    return diagnostic;
}

/* Whether the diagnostics of a severity are those that a vector lists, in order. */
static int are(const json *diagnostics, const char *severity, const json *expected, const sources *all) {
    const json *found = next_of(diagnostics->first, severity);
    const json *wanted = expected != NULL ? expected->first : NULL;
    while (found != NULL && wanted != NULL) {
        if (!json_equal(json_member(found, "code"), json_member(wanted, "code")) || !is_at(found, wanted, all)) {
            return 0;
        }
        found = next_of(found->next, severity);
        wanted = wanted->next;
    }
    return found == NULL && wanted == NULL;
}

typedef enum { REJECT, ACCEPT, WARN } area;

static void run_documents(const char *path, const json *vector, area which) {
    sources *all = allocate(sizeof *all);
    const json *texts = json_member(vector, "documents");
    const json *name = json_member(vector, "name");
    const char *called = name != NULL ? name->text : "policy.yaml";
    const json *expected = json_member(vector, "expect");
    const json *warning;
    toolgate_bytes *artifact;
    json *diagnostics;
    toolgate_status status;
    all->count = 0;
    all->own.data = NULL;
    if (texts != NULL) {
        add_all(all, texts, "%u-%s", called);
    } else {
        all->own = written(vector, "document");
        add(all, called, all->own.data, all->own.len);
    }
    status = compile(all, &artifact, &diagnostics);
    if (which == REJECT) {
        rejected.cases++;
        expect(status == TOOLGATE_ERR_INVALID_POLICY, path, NULL, "is rejected", NULL, 0);
        expect(are(diagnostics, "error", expected, all), path, NULL, "the errors are those expected", NULL, 0);
    } else {
        expect(status == TOOLGATE_OK && next_of(diagnostics->first, "error") == NULL, path, NULL, "is accepted", NULL, 0);
    }
    if (which == WARN) {
        warned.cases++;
        expect(are(diagnostics, "warning", expected, all), path, NULL, "the warnings are those expected", NULL, 0);
    }
    if (which == ACCEPT) {
        const json *warnings = json_member(vector, "warnings");
        accepted.cases++;
        for (warning = warnings != NULL ? warnings->first : NULL; warning != NULL; warning = warning->next) {
            const json *found = next_of(diagnostics->first, "warning");
            while (found != NULL && !json_equal(json_member(found, "code"), warning)) {
                found = next_of(found->next, "warning");
            }
            expect(found != NULL, path, NULL, "warns of", warning->text, warning->len);
        }
    }
    toolgate_bytes_free(artifact);
    json_free(diagnostics);
    free(all->own.data);
    free(all);
}

static void run_file(const char *directory, const char *name) {
    char path[PATH_MAX_BYTES];
    block file;
    json *vector;
    if (strlen(directory) + strlen(name) + 2 > sizeof path) {
        fprintf(stderr, "the path of %s is too long\n", name);
        exit(EXIT_FAILURE);
    }
    sprintf(path, "%s/%s", directory, name);
    file = read_file(path);
    vector = json_read(file.data, file.len);
    free(file.data);
    if (vector == NULL) {
        fail(name, NULL, "is JSON", NULL, 0);
    } else if (strncmp(name, "decide/", 7) == 0) {
        run_decide(name, vector);
    } else if (strncmp(name, "reject/", 7) == 0) {
        run_documents(name, vector, REJECT);
    } else if (strncmp(name, "accept/", 7) == 0) {
        run_documents(name, vector, ACCEPT);
    } else if (strncmp(name, "warn/", 5) == 0) {
        run_documents(name, vector, WARN);
    }
    json_free(vector);
}

int main(int argc, char **argv) {
    block list;
    json *index;
    char path[PATH_MAX_BYTES];
    char *line;
    if (argc != 3 || strlen(argv[1]) > sizeof path - 16) {
        fprintf(stderr, "usage: vectors DIRECTORY LIST\n");
        return EXIT_FAILURE;
    }
    list = read_file(argv[2]);
    list.data = realloc(list.data, list.len + 1);
    if (list.data == NULL) {
        return EXIT_FAILURE;
    }
    list.data[list.len] = '\0';
    for (line = strtok(list.data, "\n"); line != NULL; line = strtok(NULL, "\n")) {
        run_file(argv[1], line);
    }
    free(list.data);
    printf("vectors/decide: %lu files, %lu cases\n", decided.files, decided.cases);
    printf("vectors/reject: %lu cases\nvectors/accept: %lu cases\nvectors/warn: %lu cases\n", rejected.cases, accepted.cases,
           warned.cases);
    sprintf(path, "%s/index.json", argv[1]);
    list = read_file(path);
    index = json_read(list.data, list.len);
    free(list.data);
    CHECK(json_number(json_member(json_member(index, "decide"), "files")) == (long)decided.files);
    CHECK(json_number(json_member(json_member(index, "decide"), "cases")) == (long)decided.cases);
    CHECK(json_number(json_member(json_member(index, "reject"), "cases")) == (long)rejected.cases);
    CHECK(json_number(json_member(json_member(index, "accept"), "cases")) == (long)accepted.cases);
    CHECK(json_number(json_member(json_member(index, "warn"), "cases")) == (long)warned.cases);
    json_free(index);
    return finish("vectors");
}
