#include <stdio.h>
#include <string.h>

#include <toolgate.h>

static const char policy_text[] =
    "rules:\n"
    "  - id: small-transfer\n"
    "    when: { action: transfer_money, input: { amount: [{ gt: 0, lte: 1000 }] } }\n"
    "    decision: allow\n";

int main(void) {
    toolgate_document document = {"policy.yaml", 11, policy_text, sizeof policy_text - 1};
    toolgate_bytes *artifact = NULL, *told = NULL;
    toolgate_policy *policy = NULL;
    toolgate_scratch *scratch = NULL;

    /* At build or start: compile once. Or read an artifact that `toolgate compile` wrote. */
    if (toolgate_compile(&document, 1, 0, &artifact, &told) != TOOLGATE_OK) {
        fprintf(stderr, "%.*s\n", (int)toolgate_bytes_len(told), toolgate_bytes_data(told));
        return 1;
    }
    /* Where calls are made: load once for all threads, one scratch for each. */
    if (toolgate_policy_load(toolgate_bytes_data(artifact), toolgate_bytes_len(artifact), &policy, NULL) != TOOLGATE_OK ||
        toolgate_scratch_new(policy, &scratch) != TOOLGATE_OK) {
        return 1;
    }

    const char *calls[] = {
        "{\"action\":\"transfer_money\",\"input\":{\"amount\":250}}",
        "{\"action\":\"transfer_money\",\"input\":{\"amount\":\"250\"}}", /* a string is not a number */
    };
    for (int at = 0; at < 2; at++) {
        char decision[1024];
        size_t len = 0;
        toolgate_verdict verdict = TOOLGATE_DENY;
        toolgate_status status =
            toolgate_decide(policy, scratch, calls[at], strlen(calls[at]), 0, decision, sizeof decision, &len, &verdict);
        if (status == TOOLGATE_OK) {
            printf("%s: %.*s\n", verdict == TOOLGATE_ALLOW ? "run" : "stop", (int)len, decision);
        } else {
            toolgate_text code = toolgate_status_code(status);
            printf("stop: %.*s\n", (int)code.len, code.data);
        }
    }

    toolgate_scratch_free(scratch);
    toolgate_policy_free(policy);
    toolgate_bytes_free(artifact);
    toolgate_bytes_free(told);
    return 0;
}
