/* What the programs of the suite share: checks that count, and files. */
#ifndef TOOLGATE_TESTS_CHECK_H
#define TOOLGATE_TESTS_CHECK_H

#include <stddef.h>
#include <stdio.h>

extern unsigned long checks_passed;
extern unsigned long checks_failed;

/* Counts a check, and says where it failed. */
#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)

void check(int is_so, const char *condition, const char *file, int line);

/* Prints `test result: ...` in the form of `cargo test`, and returns what main should. */
int finish(const char *name);

/* A block of memory and its size. */
typedef struct {
    char *data;
    size_t len;
} block;

/* Memory that is there, or the end of the program. */
void *allocate(size_t size);

/* A whole file; ends the program if it cannot be read. The caller frees the data. */
block read_file(const char *path);

#endif
