#include "json.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"

/* What is left to read; `at` is NULL once something was wrong. */
typedef struct {
    const char *at;
    const char *end;
} reader;

static json *read_value(reader *in);

static void skip_space(reader *in) {
    while (in->at != NULL && in->at < in->end && strchr(" \t\r\n", *in->at) != NULL && *in->at != '\0') {
        in->at++;
    }
}

/* Takes a character, if it is the next one. */
static int take(reader *in, char expected) {
    skip_space(in);
    if (in->at == NULL || in->at >= in->end || *in->at != expected) {
        return 0;
    }
    in->at++;
    return 1;
}

static json *make(json_kind kind) {
    json *value = allocate(sizeof *value);
    memset(value, 0, sizeof *value);
    value->kind = kind;
    return value;
}

/* Four hexadecimal digits; -1 if there are none. */
static long read_hex(reader *in) {
    char digits[5] = {0};
    char *stop;
    long unit;
    if (in->end - in->at < 4) {
        return -1;
    }
    memcpy(digits, in->at, 4);
    unit = strtol(digits, &stop, 16);
    in->at += 4;
    return stop == digits + 4 ? unit : -1;
}

static size_t write_utf8(char *out, long code) {
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xC0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3F));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xE0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3F));
        out[2] = (char)(0x80 | (code & 0x3F));
        return 3;
    }
    out[0] = (char)(0xF0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3F));
    out[2] = (char)(0x80 | (code >> 6 & 0x3F));
    out[3] = (char)(0x80 | (code & 0x3F));
    return 4;
}

/* The character behind a backslash, in UTF-8; its length, 0 if it is none. */
static size_t read_escape(reader *in, char *out) {
    static const char names[] = "\"\\/bfnrt";
    static const char meant[] = "\"\\/\b\f\n\r\t";
    const char *name;
    long code;
    if (in->at >= in->end) {
        return 0;
    }
    if (*in->at != 'u') {
        name = *in->at == '\0' ? NULL : strchr(names, *in->at);
        in->at++;
        if (name == NULL) {
            return 0;
        }
        out[0] = meant[name - names];
        return 1;
    }
    in->at++;
    code = read_hex(in);
    if (code >= 0xD800 && code < 0xDC00 && in->end - in->at >= 6 && in->at[0] == '\\' && in->at[1] == 'u') {
        long low;
        in->at += 2;
        low = read_hex(in);
        if (low < 0xDC00 || low > 0xDFFF) {
            return 0;
        }
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    return code < 0 || (code >= 0xD800 && code <= 0xDFFF) ? 0 : write_utf8(out, code);
}

/* The string behind an opening quote. */
static char *read_string(reader *in, size_t *len) {
    const char *close = in->at;
    char *text;
    *len = 0;
    while (close < in->end && *close != '"') {
        close += *close == '\\' ? 2 : 1;
    }
    if (close >= in->end) {
        in->at = NULL;
        return NULL;
    }
    /* No escape is shorter than what it stands for. */
    text = allocate((size_t)(close - in->at) + 1);
    while (in->at < close) {
        if (*in->at == '\\') {
            size_t wrote;
            in->at++;
            wrote = read_escape(in, text + *len);
            if (wrote == 0) {
                in->at = NULL;
                free(text);
                return NULL;
            }
            *len += wrote;
        } else {
            text[(*len)++] = *in->at++;
        }
    }
    in->at++;
    text[*len] = '\0';
    return text;
}

static json *read_word(reader *in, const char *word, json_kind kind, int is_true) {
    size_t len = strlen(word);
    json *value;
    if ((size_t)(in->end - in->at) < len || memcmp(in->at, word, len) != 0) {
        in->at = NULL;
        return NULL;
    }
    in->at += len;
    value = make(kind);
    value->is_true = is_true;
    return value;
}

static json *read_number(reader *in) {
    const char *begin = in->at;
    json *value;
    while (in->at < in->end && *in->at != '\0' && strchr("+-.0123456789eE", *in->at) != NULL) {
        in->at++;
    }
    if (in->at == begin) {
        in->at = NULL;
        return NULL;
    }
    value = make(JSON_NUMBER);
    value->len = (size_t)(in->at - begin);
    value->text = allocate(value->len + 1);
    memcpy(value->text, begin, value->len);
    value->text[value->len] = '\0';
    return value;
}

/* The elements or members up to the closing bracket. */
static json *read_inner(reader *in, json_kind kind, char closing) {
    json *outer = make(kind);
    json **place = &outer->first;
    if (take(in, closing)) {
        return outer;
    }
    do {
        char *key = NULL;
        size_t key_len = 0;
        if (kind == JSON_OBJECT) {
            if (!take(in, '"') || (key = read_string(in, &key_len)) == NULL || !take(in, ':')) {
                free(key);
                in->at = NULL;
                break;
            }
        }
        *place = read_value(in);
        if (*place == NULL) {
            free(key);
            break;
        }
        (*place)->key = key;
        (*place)->key_len = key_len;
        place = &(*place)->next;
    } while (take(in, ','));
    if (!take(in, closing)) {
        in->at = NULL;
        json_free(outer);
        return NULL;
    }
    return outer;
}

static json *read_value(reader *in) {
    skip_space(in);
    if (in->at == NULL || in->at >= in->end) {
        in->at = NULL;
        return NULL;
    }
    switch (*in->at) {
    case '{':
        in->at++;
        return read_inner(in, JSON_OBJECT, '}');
    case '[':
        in->at++;
        return read_inner(in, JSON_ARRAY, ']');
    case 'n':
        return read_word(in, "null", JSON_NULL, 0);
    case 't':
        return read_word(in, "true", JSON_BOOL, 1);
    case 'f':
        return read_word(in, "false", JSON_BOOL, 0);
    case '"': {
        size_t len;
        char *text;
        json *value;
        in->at++;
        text = read_string(in, &len);
        if (text == NULL) {
            return NULL;
        }
        value = make(JSON_STRING);
        value->text = text;
        value->len = len;
        return value;
    }
    default:
        return read_number(in);
    }
}

json *json_read(const char *text, size_t len) {
    reader in;
    json *value;
    in.at = text;
    in.end = text + len;
    value = read_value(&in);
    skip_space(&in);
    if (value != NULL && in.at != in.end) {
        json_free(value);
        return NULL;
    }
    return value;
}

void json_free(json *value) {
    while (value != NULL) {
        json *next = value->next;
        json_free(value->first);
        free(value->text);
        free(value->key);
        free(value);
        value = next;
    }
}

const json *json_member(const json *object, const char *key) {
    const json *member = object != NULL && object->kind == JSON_OBJECT ? object->first : NULL;
    while (member != NULL && (member->key_len != strlen(key) || memcmp(member->key, key, member->key_len) != 0)) {
        member = member->next;
    }
    return member;
}

const json *json_element(const json *array, size_t position) {
    const json *element = array != NULL && array->kind == JSON_ARRAY ? array->first : NULL;
    while (element != NULL && position > 0) {
        element = element->next;
        position--;
    }
    return element;
}

size_t json_count(const json *array) {
    size_t count = 0;
    const json *element;
    for (element = array != NULL ? array->first : NULL; element != NULL; element = element->next) {
        count++;
    }
    return count;
}

int json_is(const json *value, const char *text) {
    return value != NULL && value->kind == JSON_STRING && value->len == strlen(text) && memcmp(value->text, text, value->len) == 0;
}

long json_number(const json *value) {
    char *stop;
    long number;
    if (value == NULL || value->kind != JSON_NUMBER) {
        return -1;
    }
    number = strtol(value->text, &stop, 10);
    return *stop == '\0' ? number : -1;
}

int json_equal(const json *a, const json *b) {
    const json *in_a;
    const json *in_b;
    if (a == NULL || b == NULL || a->kind != b->kind) {
        return 0;
    }
    switch (a->kind) {
    case JSON_NULL:
        return 1;
    case JSON_BOOL:
        return a->is_true == b->is_true;
    case JSON_NUMBER:
    case JSON_STRING:
        return a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    case JSON_ARRAY:
        for (in_a = a->first, in_b = b->first; in_a != NULL && in_b != NULL; in_a = in_a->next, in_b = in_b->next) {
            if (!json_equal(in_a, in_b)) {
                return 0;
            }
        }
        return in_a == NULL && in_b == NULL;
    case JSON_OBJECT:
        for (in_a = a->first; in_a != NULL; in_a = in_a->next) {
            in_b = json_member(b, in_a->key);
            if (!json_equal(in_a, in_b)) {
                return 0;
            }
        }
        return json_count(a) == json_count(b);
    }
    return 0;
}
