/*
 * What callers get wrong: each mistake is a status with a code or a deny, no output is touched, and nothing is allowed.
 * misuse ARTIFACT, any compiled policy.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "json.h"
#include "toolgate.h"

#define TEXT(literal) literal, sizeof(literal) - 1

static const char allow_reads[] = "rules: [{id: reads, when: {action: read_*, input: {size: [{lt: 5}]}}, decision: allow}]";
static const char allow_all[] = "rules: [{id: all, when: {action: '*'}, decision: allow}]";

/* A request that the policy allows. */
static const char request[] = "{\"action\":\"read_x\",\"input\":{\"size\":1}}";

/* What an output holds before a call, to see whether it was touched. */
static char mark;
#define MARKED(type) ((type *)(void *)&mark)

static toolgate_bytes *compiled(const char *text) {
    toolgate_document document;
    toolgate_bytes *artifact = NULL;
    document.name = "policy.yaml";
    document.name_len = strlen("policy.yaml");
    document.text = text;
    document.text_len = strlen(text);
    CHECK(toolgate_compile(&document, 1, 0, &artifact, NULL) == TOOLGATE_OK);
    return artifact;
}

static toolgate_policy *loaded(const char *text) {
    toolgate_bytes *artifact = compiled(text);
    toolgate_policy *policy = NULL;
    CHECK(toolgate_policy_load(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), &policy, NULL) == TOOLGATE_OK);
    toolgate_bytes_free(artifact);
    return policy;
}

static int has_code(toolgate_status status, const char *code) {
    toolgate_text text = toolgate_status_code(status);
    return text.len == strlen(code) && memcmp(text.data, code, text.len) == 0;
}

static void compiling(void) {
    toolgate_document document = {TEXT("p.yaml"), TEXT("rules: []")};
    toolgate_document broken;
    toolgate_bytes *artifact = MARKED(toolgate_bytes);
    toolgate_bytes *diagnostics = MARKED(toolgate_bytes);
    char *shifted = allocate(sizeof document + 1);
    CHECK(toolgate_compile(NULL, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_compile(&document, 1, 0, NULL, &diagnostics) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_compile(&document, 0, 0, &artifact, &diagnostics) == TOOLGATE_ERR_NO_DOCUMENTS);
    CHECK(toolgate_compile(NULL, 0, 0, &artifact, &diagnostics) == TOOLGATE_ERR_NO_DOCUMENTS);
    CHECK(toolgate_compile(&document, SIZE_MAX, 0, &artifact, &diagnostics) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(toolgate_compile(&document, SIZE_MAX / sizeof document, 0, &artifact, &diagnostics) == TOOLGATE_ERR_TOO_LARGE);
    memcpy(shifted + 1, &document, sizeof document);
    CHECK(toolgate_compile((const toolgate_document *)(void *)(shifted + 1), 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_MISALIGNED);
    free(shifted);
    broken = document;
    broken.text = NULL;
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_NULL);
    broken = document;
    broken.name = NULL;
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_NULL);
    broken = document;
    broken.name = "\xFF";
    broken.name_len = 1;
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_INVALID_UTF8);
    broken = document;
    broken.text_len = SIZE_MAX;
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(toolgate_compile(&document, 1, UINT32_MAX, &artifact, &diagnostics) == TOOLGATE_ERR_UNKNOWN_OPTION);
    CHECK(artifact == MARKED(toolgate_bytes) && diagnostics == MARKED(toolgate_bytes));
    /* A NULL of length 0 is an empty text, and an empty document an error of the policy. */
    broken = document;
    broken.text = NULL;
    broken.text_len = 0;
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, &diagnostics) == TOOLGATE_ERR_INVALID_POLICY);
    CHECK(artifact == MARKED(toolgate_bytes) && diagnostics != MARKED(toolgate_bytes));
    CHECK(toolgate_bytes_len(diagnostics) > 2 && toolgate_bytes_data(diagnostics)[0] == '[');
    toolgate_bytes_free(diagnostics);
    CHECK(toolgate_compile(&broken, 1, 0, &artifact, NULL) == TOOLGATE_ERR_INVALID_POLICY);
    CHECK(toolgate_bytes_data(NULL) == NULL && toolgate_bytes_len(NULL) == 0);
    toolgate_bytes_free(NULL);
}

/* Loads what must be refused. */
static void refused(const char *artifact, size_t len, const char *code) {
    toolgate_policy *policy = MARKED(toolgate_policy);
    toolgate_bytes *message = NULL;
    toolgate_status status = toolgate_policy_load(artifact, len, &policy, &message);
    if (!has_code(status, code)) {
        fprintf(stderr, "%s expected, found %u\n", code, (unsigned)status);
    }
    CHECK(has_code(status, code));
    CHECK(policy == MARKED(toolgate_policy));
    CHECK(toolgate_bytes_len(message) > 10);
    toolgate_bytes_free(message);
    CHECK(toolgate_policy_load(artifact, len, &policy, NULL) == status);
}

static void loading(const char *path) {
    block golden = read_file(path);
    toolgate_bytes *made = compiled(allow_reads);
    size_t len = toolgate_bytes_len(made);
    char *artifact = allocate(len + 16);
    char *shifted = allocate(len + 8);
    toolgate_policy *policy = MARKED(toolgate_policy);
    toolgate_bytes *message = MARKED(toolgate_bytes);
    toolgate_bytes *info = NULL;
    const json *digest;
    json *known;
    size_t at;
    memcpy(artifact, toolgate_bytes_data(made), len);
    toolgate_bytes_free(made);

    CHECK(toolgate_policy_load(NULL, len, &policy, &message) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_policy_load(artifact, len, NULL, &message) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_policy_load(artifact, SIZE_MAX, &policy, &message) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(policy == MARKED(toolgate_policy) && message == MARKED(toolgate_bytes));
    refused(NULL, 0, "load/magic");
    /* Every other length, bytes that were changed, and the artifact of another version. */
    for (at = 0; at < len; at++) {
        toolgate_policy *none = NULL;
        CHECK(toolgate_policy_load(artifact, at, &none, NULL) != TOOLGATE_OK && none == NULL);
    }
    refused(artifact, 7, "load/magic");
    refused(artifact, len - 1, "load/truncated");
    refused(artifact, len + 16, "load/truncated");
    artifact[len - 1] ^= 1;
    refused(artifact, len, "load/digest");
    artifact[len - 1] ^= 1;
    artifact[8] = 77;
    refused(artifact, len, "load/version");
    artifact[8] = 1;
    /* Bytes may lie anywhere. */
    for (at = 0; at < 8; at++) {
        toolgate_policy *anywhere = NULL;
        memcpy(shifted + at, artifact, len);
        CHECK(toolgate_policy_load(shifted + at, len, &anywhere, NULL) == TOOLGATE_OK);
        toolgate_policy_free(anywhere);
    }
    free(shifted);
    policy = NULL;
    CHECK(toolgate_policy_load(golden.data, golden.len, &policy, NULL) == TOOLGATE_OK);
    CHECK(toolgate_policy_info(policy, &info) == TOOLGATE_OK);
    known = json_read(toolgate_bytes_data(info), toolgate_bytes_len(info));
    digest = json_member(known, "policy");
    toolgate_policy_free(policy);
    policy = MARKED(toolgate_policy);
    CHECK(digest != NULL && digest->len == 71);
    if (digest != NULL) {
        toolgate_status status = toolgate_policy_load_expecting(artifact, len, digest->text, digest->len, &policy, &message);
        CHECK(status == TOOLGATE_ERR_LOAD_OTHER_POLICY && has_code(status, "load/other-policy"));
        CHECK(message != MARKED(toolgate_bytes));
        toolgate_bytes_free(message);
        message = MARKED(toolgate_bytes);
        CHECK(toolgate_policy_load_expecting(golden.data, golden.len, digest->text, 70, &policy, &message) == TOOLGATE_ERR_INVALID_DIGEST);
        CHECK(toolgate_policy_load_expecting(golden.data, golden.len, NULL, 71, &policy, &message) == TOOLGATE_ERR_NULL);
        CHECK(toolgate_policy_load_expecting(golden.data, golden.len, NULL, 0, &policy, &message) == TOOLGATE_ERR_INVALID_DIGEST);
    }
    CHECK(policy == MARKED(toolgate_policy) && message == MARKED(toolgate_bytes));
    CHECK(toolgate_policy_info(NULL, &info) == TOOLGATE_ERR_NULL);
    toolgate_policy_free(NULL);
    toolgate_bytes_free(info);
    json_free(known);
    free(golden.data);
    free(artifact);
}

/* One call of each kind that decides, which must end with this status and a deny. */
static void denied(const toolgate_policy *policy, toolgate_scratch *scratch, const void *text, size_t len, uint32_t options,
                   toolgate_status expected) {
    char decision[4096];
    size_t decision_len = 4242;
    toolgate_verdict verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide_verdict(policy, scratch, text, len, options, &verdict) == expected);
    CHECK(verdict == TOOLGATE_DENY);
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide(policy, scratch, text, len, options, decision, sizeof decision, &decision_len, &verdict) == expected);
    CHECK(verdict == TOOLGATE_DENY);
    CHECK(expected == TOOLGATE_OK || decision_len == 4242);
}

static void deciding(void) {
    toolgate_policy *policy = loaded(allow_reads);
    toolgate_policy *other = loaded(allow_all);
    toolgate_scratch *scratch = NULL;
    toolgate_scratch *untouched = MARKED(toolgate_scratch);
    toolgate_verdict verdict = TOOLGATE_ALLOW;
    size_t large = (size_t)100 << 20;
    char *much = allocate(large);
    char decision[4096];
    char words[sizeof(toolgate_verdict) * 2];
    size_t len = 0;
    int turn;
    CHECK(toolgate_scratch_new(NULL, &untouched) == TOOLGATE_ERR_NULL && untouched == MARKED(toolgate_scratch));
    CHECK(toolgate_scratch_new(policy, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_scratch_new(policy, &scratch) == TOOLGATE_OK);
    /* The request is one that is allowed. */
    CHECK(toolgate_decide_verdict(policy, scratch, TEXT(request), 0, &verdict) == TOOLGATE_OK && verdict == TOOLGATE_ALLOW);

    denied(NULL, scratch, TEXT(request), 0, TOOLGATE_ERR_NULL);
    denied(policy, NULL, TEXT(request), 0, TOOLGATE_ERR_NULL);
    denied(policy, scratch, NULL, sizeof request - 1, 0, TOOLGATE_ERR_NULL);
    denied(policy, scratch, request, SIZE_MAX, 0, TOOLGATE_ERR_TOO_LARGE);
    denied(policy, scratch, request, SIZE_MAX / 2 + 1, 0, TOOLGATE_ERR_TOO_LARGE);
    denied(policy, scratch, TEXT(request), 2, TOOLGATE_ERR_UNKNOWN_OPTION);
    denied(policy, scratch, TEXT(request), UINT32_MAX, TOOLGATE_ERR_UNKNOWN_OPTION);
    denied((const toolgate_policy *)(const void *)((const char *)policy + 1), scratch, TEXT(request), 0, TOOLGATE_ERR_MISALIGNED);
    denied(policy, (toolgate_scratch *)(void *)((char *)scratch + 1), TEXT(request), 0, TOOLGATE_ERR_MISALIGNED);
    /* Bytes that are no request are decided: denied. */
    denied(policy, scratch, NULL, 0, 0, TOOLGATE_OK);
    denied(policy, scratch, request, sizeof request - 2, 0, TOOLGATE_OK);
    denied(policy, scratch, request, sizeof request, 0, TOOLGATE_OK);
    denied(policy, scratch, TEXT("{\"action\":\"read_x\\u0000\",\"input\":{\"size\":1}}"), 0, TOOLGATE_OK);
    memset(much, ' ', large);
    memcpy(much, request, sizeof request - 1);
    denied(policy, scratch, much, large, 0, TOOLGATE_OK);
    CHECK(toolgate_decide(policy, scratch, much, large, 0, decision, sizeof decision, &len, &verdict) == TOOLGATE_OK);
    {
        json *found = json_read(decision, len);
        CHECK(json_is(json_member(found, "reason"), "request/too-large"));
        CHECK(json_number(json_member(found, "offset")) == 1048576);
        json_free(found);
    }
    free(much);

    /* Outputs. */
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide_verdict(policy, scratch, TEXT(request), 0, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_decide_verdict(policy, scratch, TEXT(request), 0, (toolgate_verdict *)(void *)(words + 1 + (uintptr_t)words % 2)) ==
          TOOLGATE_ERR_MISALIGNED);
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, decision, sizeof decision, &len, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, decision, sizeof decision, NULL, &verdict) == TOOLGATE_ERR_NULL);
    CHECK(verdict == TOOLGATE_DENY);
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, NULL, 10, &len, &verdict) == TOOLGATE_ERR_NULL && verdict == TOOLGATE_DENY);
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, decision, SIZE_MAX, &len, &verdict) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(verdict == TOOLGATE_DENY);
    /* Asking for the size. */
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, NULL, 0, &len, &verdict) == TOOLGATE_ERR_BUFFER_TOO_SMALL);
    CHECK(verdict == TOOLGATE_DENY && len > 100);
    CHECK(toolgate_decide(policy, scratch, TEXT(request), 0, decision, len, &len, &verdict) == TOOLGATE_OK && verdict == TOOLGATE_ALLOW);

    /* One scratch and two policies in turn, one of them freed before. */
    for (turn = 0; turn < 10; turn++) {
        CHECK(toolgate_decide_verdict(other, scratch, TEXT("{\"action\":\"x\"}"), 0, &verdict) == TOOLGATE_OK);
        CHECK(verdict == TOOLGATE_ALLOW);
        CHECK(toolgate_decide_verdict(policy, scratch, TEXT("{\"action\":\"x\"}"), 0, &verdict) == TOOLGATE_OK);
        CHECK(verdict == TOOLGATE_DENY);
    }
    toolgate_policy_free(policy);
    CHECK(toolgate_decide_verdict(other, scratch, TEXT(request), 0, &verdict) == TOOLGATE_OK && verdict == TOOLGATE_ALLOW);
    toolgate_policy_free(other);
    toolgate_scratch_free(scratch);
    toolgate_scratch_free(NULL);
}

enum { FIELDS_MAX = 32 };

static uint32_t slot_of(const toolgate_field *fields, size_t count, const char *pointer) {
    size_t at;
    for (at = 0; at < count; at++) {
        if (fields[at].pointer_len == strlen(pointer) && memcmp(fields[at].pointer, pointer, fields[at].pointer_len) == 0) {
            return fields[at].slot;
        }
    }
    CHECK(0 && "the policy has the field");
    return 0;
}

/* Values that must end with this status and this verdict, in both ways to decide. */
static void fields_are(const toolgate_policy *policy, toolgate_scratch *scratch, const toolgate_value *values, size_t count,
                       toolgate_status expected, toolgate_verdict expected_verdict) {
    char decision[4096];
    size_t len = 4242;
    toolgate_verdict verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide_fields_verdict(policy, scratch, values, count, 0, &verdict) == expected);
    CHECK(verdict == expected_verdict);
    verdict = TOOLGATE_ALLOW;
    CHECK(toolgate_decide_fields(policy, scratch, values, count, 0, decision, sizeof decision, &len, &verdict) == expected);
    CHECK(verdict == expected_verdict);
    CHECK(expected == TOOLGATE_OK || len == 4242);
}

static void fields(void) {
    toolgate_policy *policy = loaded(allow_reads);
    toolgate_policy *other = loaded(allow_all);
    toolgate_scratch *scratch = NULL;
    toolgate_field listed[FIELDS_MAX];
    toolgate_value values[3];
    toolgate_value changed;
    size_t count = 0;
    size_t at;
    size_t much = (size_t)1 << 20;
    unsigned read = 0;
    char *text = allocate(much + 1);
    char *shifted = allocate(sizeof values + 1);
    memset(listed, 0x5A, sizeof listed);
    CHECK(toolgate_scratch_new(policy, &scratch) == TOOLGATE_OK);
    CHECK(toolgate_policy_fields(NULL, listed, FIELDS_MAX, &count) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_policy_fields(policy, listed, FIELDS_MAX, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_policy_fields(policy, NULL, FIELDS_MAX, &count) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_policy_fields(policy, listed, SIZE_MAX, &count) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(toolgate_policy_fields(policy, listed, 1, &count) == TOOLGATE_ERR_BUFFER_TOO_SMALL);
    CHECK(count > 1 && count <= FIELDS_MAX && listed[0].slot == 0x5A5A5A5A);
    CHECK(toolgate_policy_fields(policy, NULL, 0, &count) == TOOLGATE_ERR_BUFFER_TOO_SMALL);
    CHECK(toolgate_policy_fields(policy, listed, FIELDS_MAX, &count) == TOOLGATE_OK);
    for (at = 0; at < count; at++) {
        read += listed[at].is_read;
    }
    /* `/action/name` and `/action/input/size`. */
    CHECK(read == 2);

    values[0].slot = slot_of(listed, count, "/action/name");
    values[0].kind = TOOLGATE_VALUE_STRING;
    values[0].text = "read_x";
    values[0].text_len = 6;
    values[1].slot = slot_of(listed, count, "/action/input/size");
    values[1].kind = TOOLGATE_VALUE_NUMBER;
    values[1].text = "1";
    values[1].text_len = 1;
    fields_are(policy, scratch, values, 2, TOOLGATE_OK, TOOLGATE_ALLOW);

    fields_are(NULL, scratch, values, 2, TOOLGATE_ERR_NULL, TOOLGATE_DENY);
    fields_are(policy, NULL, values, 2, TOOLGATE_ERR_NULL, TOOLGATE_DENY);
    fields_are(policy, scratch, NULL, 2, TOOLGATE_ERR_NULL, TOOLGATE_DENY);
    fields_are(policy, scratch, values, SIZE_MAX, TOOLGATE_ERR_TOO_LARGE, TOOLGATE_DENY);
    memcpy(shifted + 1, values, sizeof values);
    fields_are(policy, scratch, (const toolgate_value *)(void *)(shifted + 1), 2, TOOLGATE_ERR_MISALIGNED, TOOLGATE_DENY);
    /* No name of the action, or no values at all. */
    fields_are(policy, scratch, values + 1, 1, TOOLGATE_OK, TOOLGATE_DENY);
    fields_are(policy, scratch, NULL, 0, TOOLGATE_OK, TOOLGATE_DENY);
    /* The values of the call before are forgotten. */
    fields_are(policy, scratch, values, 1, TOOLGATE_OK, TOOLGATE_DENY);

    changed = values[1];
#define WITH(member, value, status)                                    \
    do {                                                               \
        values[1] = changed;                                           \
        values[1].member = value;                                      \
        fields_are(policy, scratch, values, 2, status, TOOLGATE_DENY); \
        values[1] = changed;                                           \
    } while (0)
    WITH(slot, 0, TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT);
    WITH(slot, 1000000, TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT);
    WITH(slot, UINT32_MAX, TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT);
    WITH(kind, 9, TOOLGATE_ERR_UNKNOWN_KIND);
    WITH(kind, UINT32_MAX, TOOLGATE_ERR_UNKNOWN_KIND);
    WITH(kind, TOOLGATE_VALUE_JSON, TOOLGATE_ERR_FIELDS_MALFORMED);
    WITH(text, "x", TOOLGATE_ERR_FIELDS_MALFORMED);
    WITH(text, "\xFF", TOOLGATE_ERR_INVALID_UTF8);
    WITH(text, NULL, TOOLGATE_ERR_NULL);
    WITH(text_len, SIZE_MAX, TOOLGATE_ERR_TOO_LARGE);
    /* Kinds that leave the rule in doubt, or false. */
    WITH(kind, TOOLGATE_VALUE_OPAQUE, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_ABSENT, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_NULL, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_TRUE, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_FALSE, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_OBJECT, TOOLGATE_OK);
    WITH(kind, TOOLGATE_VALUE_STRING, TOOLGATE_OK);
    /* Later values count, opaque ones too. */
    values[2] = values[1];
    values[2].kind = TOOLGATE_VALUE_OPAQUE;
    fields_are(policy, scratch, values, 3, TOOLGATE_OK, TOOLGATE_DENY);
    /* An array must hold for every element. */
    values[1].kind = TOOLGATE_VALUE_JSON;
    values[1].text = "[1,2]";
    values[1].text_len = 5;
    fields_are(policy, scratch, values, 2, TOOLGATE_OK, TOOLGATE_ALLOW);
    values[1].text = "[1,9]";
    fields_are(policy, scratch, values, 2, TOOLGATE_OK, TOOLGATE_DENY);
    /* No more text than a request could have. */
    memset(text, 'a', much + 1);
    values[1].kind = TOOLGATE_VALUE_STRING;
    values[1].text = text;
    values[1].text_len = much;
    fields_are(policy, scratch, values, 2, TOOLGATE_ERR_TOO_LARGE, TOOLGATE_DENY);
    values[1].text_len = much - 6;
    fields_are(policy, scratch, values, 2, TOOLGATE_OK, TOOLGATE_DENY);
    /* The same scratch with another policy, whose slots are others, and back. */
    values[1] = changed;
    CHECK(toolgate_policy_fields(other, listed, FIELDS_MAX, &count) == TOOLGATE_OK);
    values[2] = values[0];
    values[2].slot = slot_of(listed, count, "/action/name");
    fields_are(other, scratch, values + 2, 1, TOOLGATE_OK, TOOLGATE_ALLOW);
    fields_are(policy, scratch, values, 2, TOOLGATE_OK, TOOLGATE_ALLOW);
    free(text);
    free(shifted);
    toolgate_scratch_free(scratch);
    toolgate_policy_free(policy);
    toolgate_policy_free(other);
}

static void explaining(void) {
    toolgate_document document = {TEXT("p.yaml"), TEXT(allow_reads)};
    toolgate_policy *without = loaded(allow_reads);
    toolgate_policy *policy = NULL;
    toolgate_bytes *artifact = NULL;
    toolgate_bytes *explanation = MARKED(toolgate_bytes);
    toolgate_bytes *message = NULL;
    size_t large = (size_t)2 << 20;
    char *much = allocate(large);
    json *found;
    CHECK(toolgate_compile(&document, 1, TOOLGATE_WITH_SOURCES, &artifact, NULL) == TOOLGATE_OK);
    CHECK(toolgate_policy_load(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), &policy, NULL) == TOOLGATE_OK);
    toolgate_bytes_free(artifact);
    CHECK(toolgate_explain(NULL, TEXT(request), 0, NULL, 0, &explanation, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_explain(policy, NULL, 1, 0, NULL, 0, &explanation, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_explain(policy, TEXT(request), 0, NULL, 1, &explanation, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_explain(policy, TEXT(request), 0, NULL, 0, NULL, NULL) == TOOLGATE_ERR_NULL);
    CHECK(toolgate_explain(policy, request, SIZE_MAX, 0, NULL, 0, &explanation, NULL) == TOOLGATE_ERR_TOO_LARGE);
    CHECK(toolgate_explain(policy, TEXT(request), 2, NULL, 0, &explanation, NULL) == TOOLGATE_ERR_UNKNOWN_OPTION);
    CHECK(toolgate_explain(policy, TEXT(request), 0, TEXT("\xFF"), &explanation, NULL) == TOOLGATE_ERR_INVALID_UTF8);
    CHECK(toolgate_explain(without, TEXT(request), 0, NULL, 0, &explanation, NULL) == TOOLGATE_ERR_NO_SOURCES);
    CHECK(toolgate_explain(policy, TEXT(request), 0, TEXT("writes"), &explanation, &message) == TOOLGATE_ERR_UNKNOWN_RULE);
    CHECK(toolgate_bytes_len(message) > 10 && explanation == MARKED(toolgate_bytes));
    toolgate_bytes_free(message);
    memset(much, ' ', large);
    CHECK(toolgate_explain(policy, much, large, TOOLGATE_CLARIFIED, NULL, 0, &explanation, NULL) == TOOLGATE_OK);
    found = json_read(toolgate_bytes_data(explanation), toolgate_bytes_len(explanation));
    CHECK(json_is(json_member(json_member(found, "decision"), "reason"), "request/too-large"));
    json_free(found);
    toolgate_bytes_free(explanation);
    CHECK(toolgate_explain(policy, TEXT(request), 0, TEXT("reads"), &explanation, NULL) == TOOLGATE_OK);
    found = json_read(toolgate_bytes_data(explanation), toolgate_bytes_len(explanation));
    CHECK(json_is(json_member(json_member(found, "decision"), "decision"), "allow"));
    CHECK(json_is(json_member(json_element(json_member(found, "rules"), 0), "rule"), "reads"));
    json_free(found);
    toolgate_bytes_free(explanation);
    toolgate_policy_free(policy);
    toolgate_policy_free(without);
    free(much);
}

static void versions(void) {
    toolgate_text version = toolgate_version();
    CHECK(toolgate_abi_version() == TOOLGATE_ABI_VERSION);
    CHECK(version.len >= 5 && memchr(version.data, '.', version.len) != NULL);
    CHECK(has_code(TOOLGATE_OK, "ok"));
    CHECK(has_code(TOOLGATE_ERR_NULL, "host/null"));
    CHECK(has_code(999999, ""));
    /* Memory that nobody has written to yet does not allow. */
    CHECK(TOOLGATE_DENY == 0 && TOOLGATE_VALUE_OPAQUE == 0);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: misuse ARTIFACT\n");
        return EXIT_FAILURE;
    }
    versions();
    compiling();
    loading(argv[1]);
    deciding();
    fields();
    explaining();
    return finish("misuse");
}
