/*
 * Threads share one policy, each with a scratch of its own, and get the decisions that one thread gets. Threads that share
 * a scratch too, which they must not, are told so or decide rightly.
 */
#define _POSIX_C_SOURCE 200809L

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "toolgate.h"

enum { THREADS = 8, ROUNDS = 5000, REQUESTS = 4, DECISION_MAX = 4096 };

static const char policy_text[] = "rules:\n"
                                  "  - {id: reads, when: {action: read_*}, decision: allow}\n"
                                  "  - {id: large, when: {input: {size: [{gt: 5}]}}, decision: approval_required}\n"
                                  "  - {id: hosts, when: {input: {url: [{host: '*.test'}]}}, decision: deny}\n";

static const char *const requests[REQUESTS] = {
    "{\"action\":\"read_x\",\"input\":{\"size\":1,\"url\":\"https://a.example/\"}}",
    "{\"action\":\"read_x\",\"input\":{\"size\":9,\"url\":\"https://a.example/\"}}",
    "{\"action\":\"read_x\",\"input\":{\"size\":1,\"url\":\"https://a.test/\"}}",
    "{\"action\":\"read_x\",\"action\":\"read_y\"}",
};

static toolgate_policy *policy;
static toolgate_scratch *shared;
static char expected[REQUESTS][DECISION_MAX];
static size_t expected_len[REQUESTS];
static toolgate_verdict expected_verdict[REQUESTS];

/* What one thread counted; checks themselves are not for threads. */
typedef struct {
    unsigned right;
    unsigned wrong;
    unsigned busy;
} counts;

static void decide(toolgate_scratch *scratch, int at, counts *seen) {
    char decision[DECISION_MAX];
    size_t len = 0;
    toolgate_verdict verdict = TOOLGATE_ALLOW;
    toolgate_status status =
        toolgate_decide(policy, scratch, requests[at], strlen(requests[at]), 0, decision, sizeof decision, &len, &verdict);
    if (status == TOOLGATE_ERR_BUSY && verdict == TOOLGATE_DENY) {
        seen->busy++;
    } else if (status == TOOLGATE_OK && verdict == expected_verdict[at] && len == expected_len[at] &&
               memcmp(decision, expected[at], len) == 0) {
        seen->right++;
    } else {
        seen->wrong++;
    }
}

static void *with_own_scratch(void *argument) {
    counts *seen = argument;
    toolgate_scratch *scratch = NULL;
    int round;
    if (toolgate_scratch_new(policy, &scratch) != TOOLGATE_OK) {
        seen->wrong++;
        return NULL;
    }
    for (round = 0; round < ROUNDS; round++) {
        decide(scratch, round % REQUESTS, seen);
    }
    toolgate_scratch_free(scratch);
    return NULL;
}

static void *with_shared_scratch(void *argument) {
    int round;
    for (round = 0; round < ROUNDS; round++) {
        decide(shared, round % REQUESTS, argument);
    }
    return NULL;
}

static counts run(void *(*body)(void *)) {
    pthread_t threads[THREADS];
    counts seen[THREADS];
    counts all = {0, 0, 0};
    int at;
    memset(seen, 0, sizeof seen);
    for (at = 0; at < THREADS; at++) {
        if (pthread_create(&threads[at], NULL, body, &seen[at]) != 0) {
            fprintf(stderr, "a thread could not be started\n");
            exit(EXIT_FAILURE);
        }
    }
    for (at = 0; at < THREADS; at++) {
        pthread_join(threads[at], NULL);
        all.right += seen[at].right;
        all.wrong += seen[at].wrong;
        all.busy += seen[at].busy;
    }
    return all;
}

int main(void) {
    toolgate_document document;
    toolgate_bytes *artifact = NULL;
    counts seen;
    int at;
    document.name = "policy.yaml";
    document.name_len = strlen("policy.yaml");
    document.text = policy_text;
    document.text_len = sizeof policy_text - 1;
    CHECK(toolgate_compile(&document, 1, 0, &artifact, NULL) == TOOLGATE_OK);
    CHECK(toolgate_policy_load(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), &policy, NULL) == TOOLGATE_OK);
    CHECK(toolgate_scratch_new(policy, &shared) == TOOLGATE_OK);
    toolgate_bytes_free(artifact);
    for (at = 0; at < REQUESTS; at++) {
        CHECK(toolgate_decide(policy, shared, requests[at], strlen(requests[at]), 0, expected[at], DECISION_MAX, &expected_len[at],
                              &expected_verdict[at]) == TOOLGATE_OK);
    }
    CHECK(expected_verdict[0] == TOOLGATE_ALLOW && expected_verdict[1] == TOOLGATE_APPROVAL_REQUIRED);
    CHECK(expected_verdict[2] == TOOLGATE_DENY && expected_verdict[3] == TOOLGATE_DENY);

    seen = run(with_own_scratch);
    CHECK(seen.right == THREADS * ROUNDS && seen.wrong == 0 && seen.busy == 0);
    seen = run(with_shared_scratch);
    CHECK(seen.right > 0 && seen.wrong == 0 && seen.right + seen.busy == THREADS * ROUNDS);
    /* Afterwards the scratch is as good as before. */
    memset(&seen, 0, sizeof seen);
    decide(shared, 0, &seen);
    CHECK(seen.right == 1);

    toolgate_scratch_free(shared);
    toolgate_policy_free(policy);
    return finish("threads");
}
