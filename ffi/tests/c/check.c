#include "check.h"

#include <stdlib.h>

unsigned long checks_passed = 0;
unsigned long checks_failed = 0;

void check(int is_so, const char *condition, const char *file, int line) {
    if (is_so) {
        checks_passed++;
        return;
    }
    checks_failed++;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, condition);
}

int finish(const char *name) {
    int good = checks_failed == 0 && checks_passed > 0;
    printf("%s: %lu checks\n", name, checks_passed + checks_failed);
    printf("test result: %s. %d passed; %d failed; 0 ignored\n", good ? "ok" : "FAILED", good, !good);
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}

void *allocate(size_t size) {
    void *memory = malloc(size > 0 ? size : 1);
    if (memory == NULL) {
        fprintf(stderr, "out of memory\n");
        exit(EXIT_FAILURE);
    }
    return memory;
}

block read_file(const char *path) {
    block file = {NULL, 0};
    long size;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL || fseek(stream, 0, SEEK_END) != 0 || (size = ftell(stream)) < 0 || fseek(stream, 0, SEEK_SET) != 0) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    file.len = (size_t)size;
    file.data = allocate(file.len);
    if (fread(file.data, 1, file.len, stream) != file.len) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(EXIT_FAILURE);
    }
    fclose(stream);
    return file;
}
