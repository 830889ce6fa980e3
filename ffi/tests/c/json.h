/* A small JSON reader for the suite: of vectors, decisions and diagnostics, which are known to be JSON. */
#ifndef TOOLGATE_TESTS_JSON_H
#define TOOLGATE_TESTS_JSON_H

#include <stddef.h>

typedef enum { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT } json_kind;

typedef struct json json;

struct json {
    json_kind kind;
    int is_true;
    /* The characters of a string, the text of a number. Ended by a NUL, which a string may also contain. */
    char *text;
    size_t len;
    /* Of a member of an object. */
    char *key;
    size_t key_len;
    /* The first element or member, and the next one beside this. */
    json *first;
    json *next;
};

/* Reads a whole text; NULL if it is not JSON. The caller frees it. */
json *json_read(const char *text, size_t len);
void json_free(json *value);

/* A member by its key; NULL if there is none, or no object. */
const json *json_member(const json *object, const char *key);
/* An element by its position; NULL if there is none. */
const json *json_element(const json *array, size_t position);
size_t json_count(const json *array);
/* Whether it is this string. */
int json_is(const json *value, const char *text);
/* A whole number; -1 if it is none. */
long json_number(const json *value);
/* Numbers are equal if they are written alike; the order of members does not count. */
int json_equal(const json *a, const json *b);

#endif
