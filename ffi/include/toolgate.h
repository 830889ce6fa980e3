/**
 * Toolgate decides, before an AI agent's tool call runs, whether it may.
 *
 * What to expect of every function here:
 *
 * - It returns a toolgate_status. Outputs are written if that is TOOLGATE_OK and left alone otherwise, but for those that
 *   say of what went wrong: `diagnostics`, `message`, and the needed size of a buffer that is too small.
 * - `verdict` is TOOLGATE_DENY whenever the status is not TOOLGATE_OK (if it can be written to at all).
 * - Text and bytes are a pointer and a length, never ended by a NUL. A NULL pointer of length 0 is the empty text.
 * - NULL where something must be, misaligned pointers and impossible lengths are an error with a status, never a crash.
 * - There is no global state, and nothing that belongs to a thread. A panic, which would be a fault of the library, goes to
 *   standard error and ends as TOOLGATE_ERR_PANIC.
 * - Deciding allocates nothing, once a scratch has decided something as large before.
 *
 * What callers promise, because no function can check it:
 *
 * - Behind each pointer that is not NULL is what its type and length say, for as long as the call takes, and no other
 *   thread writes there meanwhile. Outputs do not overlap inputs or each other.
 * - A handle (toolgate_policy, toolgate_scratch, toolgate_bytes) comes from this library, is freed once by the function
 *   of its type, and not used afterwards or meanwhile.
 * - A toolgate_scratch serves one call at a time. (A second one is told TOOLGATE_ERR_BUSY.)
 */


#ifndef TOOLGATE_H
#define TOOLGATE_H

/* Made by cbindgen from ffi/src, see ffi/tests/header.rs: do not edit. */

#include <stddef.h>
#include <stdint.h>

/**
 * Changes whenever a program built against an older header would go wrong with this library.
 */
#define TOOLGATE_ABI_VERSION 1

/**
 * Option of toolgate_compile: the artifact carries the documents, so that toolgate_explain can tell why it decides so.
 */
#define TOOLGATE_WITH_SOURCES 1

/**
 * Option of what decides: the clarification has been obtained, so rules and a default that ask for it count as allow.
 */
#define TOOLGATE_CLARIFIED 1

/**
 * Nothing is known of it, which is what a slot is that is given no value: no condition on it is true or false.
 */
#define TOOLGATE_VALUE_OPAQUE 0

/**
 * The request has no such member.
 */
#define TOOLGATE_VALUE_ABSENT 1

/**
 * `null`
 */
#define TOOLGATE_VALUE_NULL 2

/**
 * `false`
 */
#define TOOLGATE_VALUE_FALSE 3

/**
 * `true`
 */
#define TOOLGATE_VALUE_TRUE 4

/**
 * A number, as JSON text.
 */
#define TOOLGATE_VALUE_NUMBER 5

/**
 * A string: its characters as UTF-8, without quotes and escapes.
 */
#define TOOLGATE_VALUE_STRING 6

/**
 * An object. Its members are given in slots of their own.
 */
#define TOOLGATE_VALUE_OBJECT 7

/**
 * An array, as JSON text without white space around it. Fields below it need no value of their own.
 */
#define TOOLGATE_VALUE_JSON 8

/**
 * Bytes that the library made and the caller owns.
 */
typedef struct toolgate_bytes toolgate_bytes;

/**
 * A policy ready to decide. It never changes: any number of threads may use one at a time.
 */
typedef struct toolgate_policy toolgate_policy;

/**
 * The memory that deciding needs: made once for each thread, used for any number of decisions.
 *
 * It may be used with any policy, but used with another one than before it is made anew for that one, which allocates.
 */
typedef struct toolgate_scratch toolgate_scratch;

/**
 * Text of the library's own, UTF-8, not ended by a NUL. Never NULL.
 */
typedef struct toolgate_text {
  /**
   * The first byte.
   */
  const char *data;
  /**
   * Number of bytes.
   */
  size_t len;
} toolgate_text;

/**
 * What became of a call: TOOLGATE_OK, or a number whose name begins with TOOLGATE_ERR_. Numbers are never given another meaning.
 */
typedef uint32_t toolgate_status;

/**
 * One document of a policy.
 */
typedef struct toolgate_document {
  /**
   * What diagnostics call it, UTF-8. If it ends in `.json`, the text is JSON and nothing else.
   */
  const void *name;
  /**
   * Bytes of the name.
   */
  size_t name_len;
  /**
   * The text, YAML or JSON.
   */
  const void *text;
  /**
   * Bytes of the text.
   */
  size_t text_len;
} toolgate_document;

/**
 * What to do with a tool call. Memory that is all zeros is a deny.
 */
typedef uint32_t toolgate_verdict;

/**
 * A place of a request that can be given a value.
 */
typedef struct toolgate_field {
  /**
   * Its number, for toolgate_value. It belongs to this artifact: ask again after loading another one.
   */
  uint32_t slot;
  /**
   * 1 if conditions read it, 0 if it only lies on the way to such fields.
   */
  uint32_t is_read;
  /**
   * Its JSON Pointer, UTF-8, such as `/action/input/amount`. Valid until the policy is freed.
   */
  const char *pointer;
  /**
   * Bytes of the pointer.
   */
  size_t pointer_len;
} toolgate_field;

/**
 * The value of one field.
 */
typedef struct toolgate_value {
  /**
   * The field's number, from toolgate_policy_fields.
   */
  uint32_t slot;
  /**
   * A number whose name begins with TOOLGATE_VALUE_.
   */
  uint32_t kind;
  /**
   * Of numbers, strings and JSON: the text. Of others not looked at.
   */
  const void *text;
  /**
   * Bytes of the text.
   */
  size_t text_len;
} toolgate_value;

/**
 * Done; all outputs are written.
 */
#define TOOLGATE_OK 0

/**
 * A pointer is NULL that must not be.
 */
#define TOOLGATE_ERR_NULL 1

/**
 * A pointer to a handle, a struct or a number is not aligned as its type must be.
 */
#define TOOLGATE_ERR_MISALIGNED 2

/**
 * A length that no object can have, or values of more bytes together than a request may have.
 */
#define TOOLGATE_ERR_TOO_LARGE 3

/**
 * The caller's buffer holds less than there is; the size that is needed has been written.
 */
#define TOOLGATE_ERR_BUFFER_TOO_SMALL 4

/**
 * A name or a value's text is not UTF-8.
 */
#define TOOLGATE_ERR_INVALID_UTF8 5

/**
 * An option's bit that this version does not know.
 */
#define TOOLGATE_ERR_UNKNOWN_OPTION 6

/**
 * A kind of value that this version does not know.
 */
#define TOOLGATE_ERR_UNKNOWN_KIND 7

/**
 * The expected digest is not `sha256:` and 64 lower-case hexadecimal digits.
 */
#define TOOLGATE_ERR_INVALID_DIGEST 8

/**
 * A policy of no documents: nothing was read where something should have been.
 */
#define TOOLGATE_ERR_NO_DOCUMENTS 9

/**
 * The documents have errors; the diagnostics tell them.
 */
#define TOOLGATE_ERR_INVALID_POLICY 10

/**
 * The scratch is in use by another call: one scratch serves one thread at a time.
 */
#define TOOLGATE_ERR_BUSY 11

/**
 * A fault of the library. It was stopped here; handles stay valid.
 */
#define TOOLGATE_ERR_PANIC 12

/**
 * An error that this version has no number for; its message tells.
 */
#define TOOLGATE_ERR_OTHER 13

/**
 * The artifact carries no documents, which is what decisions are explained with.
 */
#define TOOLGATE_ERR_NO_SOURCES 14

/**
 * The policy has no rule of that id.
 */
#define TOOLGATE_ERR_UNKNOWN_RULE 15

/**
 * The bytes do not begin as an artifact does.
 */
#define TOOLGATE_ERR_LOAD_MAGIC 101

/**
 * The artifact has another format than this library loads.
 */
#define TOOLGATE_ERR_LOAD_VERSION 102

/**
 * Fewer or more bytes than the artifact says it has.
 */
#define TOOLGATE_ERR_LOAD_TRUNCATED 103

/**
 * The artifact is not as it was written.
 */
#define TOOLGATE_ERR_LOAD_DIGEST 104

/**
 * A section of the artifact does not hold together.
 */
#define TOOLGATE_ERR_LOAD_SECTION 105

/**
 * The artifact is sound, but of another policy than the one expected.
 */
#define TOOLGATE_ERR_LOAD_OTHER_POLICY 106

/**
 * There is not enough memory for the policy.
 */
#define TOOLGATE_ERR_LOAD_MEMORY 107

/**
 * The policy has no such slot.
 */
#define TOOLGATE_ERR_FIELDS_UNKNOWN_SLOT 201

/**
 * A value's text is no JSON number, array or object.
 */
#define TOOLGATE_ERR_FIELDS_MALFORMED 202

/**
 * The call must not run.
 */
#define TOOLGATE_DENY 0

/**
 * The caller must clarify first.
 */
#define TOOLGATE_CLARIFICATION_REQUIRED 1

/**
 * A human must approve first.
 */
#define TOOLGATE_APPROVAL_REQUIRED 2

/**
 * The call may run.
 */
#define TOOLGATE_ALLOW 3

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/**
 * The TOOLGATE_ABI_VERSION of the library that is linked. If it is not the header's, use nothing else of it.
 */
uint32_t toolgate_abi_version(void);

/**
 * The version of the library that is linked, such as `0.1.0`. Static.
 */
struct toolgate_text toolgate_version(void);

/**
 * The stable code of a status, the same in every host, such as `load/truncated`; `ok`; empty for a number that is no
 * status. Static.
 */
struct toolgate_text toolgate_status_code(toolgate_status status);

/**
 * The first byte; NULL for NULL. Valid until the bytes are freed.
 *
 * Not ended by a NUL.
 */
const char *toolgate_bytes_data(const struct toolgate_bytes *bytes);

/**
 * How many bytes there are; 0 for NULL.
 */
size_t toolgate_bytes_len(const struct toolgate_bytes *bytes);

/**
 * Frees bytes. NULL is nothing to free.
 */
void toolgate_bytes_free(struct toolgate_bytes *bytes);

/**
 * Compiles the documents of one policy into an artifact, for toolgate_policy_load here or in any other host.
 *
 * `options` is 0 or TOOLGATE_WITH_SOURCES.
 *
 * `diagnostics` gets all errors and warnings, whether there is an artifact (TOOLGATE_OK) or not
 * (TOOLGATE_ERR_INVALID_POLICY): a JSON array of objects with `code`, `severity` (`error` or `warning`), `message`,
 * `file`, `span` (`line`, `column`, `start`, `end`) and perhaps `help`. NULL declines it.
 */
toolgate_status toolgate_compile(const struct toolgate_document *documents,
                                 size_t documents_len,
                                 uint32_t options,
                                 struct toolgate_bytes **artifact,
                                 struct toolgate_bytes **diagnostics);

/**
 * Loads an artifact. Its bytes are not needed any more afterwards, and may lie anywhere.
 *
 * If it cannot be loaded, the status says why, and `message` gets a sentence for people. NULL declines that.
 *
 * An artifact proves that its bytes are as some compiler wrote them, not who wrote them: where that matters, use
 * toolgate_policy_load_expecting.
 */
toolgate_status toolgate_policy_load(const void *artifact,
                                     size_t artifact_len,
                                     struct toolgate_policy **policy,
                                     struct toolgate_bytes **message);

/**
 * Loads an artifact only if it is of the policy with this digest: `sha256:` and 64 lower-case hexadecimal digits, as
 * decisions, toolgate_policy_info and the `toolgate` command print it.
 */
toolgate_status toolgate_policy_load_expecting(const void *artifact,
                                               size_t artifact_len,
                                               const void *digest,
                                               size_t digest_len,
                                               struct toolgate_policy **policy,
                                               struct toolgate_bytes **message);

/**
 * Frees a policy that no thread uses any more. NULL is nothing to free. Scratches made for it stay valid.
 */
void toolgate_policy_free(struct toolgate_policy *policy);

/**
 * What is known of a policy, as one JSON object: `policy` and `artifact` (digests), `format`, `rules` (their number),
 * `fields` (JSON Pointers of what it reads), `artifact_bytes`, and `certificate` (what a decision costs at most).
 */
toolgate_status toolgate_policy_info(const struct toolgate_policy *policy,
                                     struct toolgate_bytes **info);

/**
 * Makes a scratch for a policy.
 */
toolgate_status toolgate_scratch_new(const struct toolgate_policy *policy,
                                     struct toolgate_scratch **scratch);

/**
 * Frees a scratch that no call uses any more. NULL is nothing to free.
 */
void toolgate_scratch_free(struct toolgate_scratch *scratch);

/**
 * Decides one request, the bytes of a JSON object, and writes the whole decision as JSON.
 *
 * Bytes that are no request are decided too: a deny whose `reason` says what is wrong with them, such as
 * `request/too-large`, and TOOLGATE_OK.
 *
 * `decision_len` gets the number of bytes of the decision, which is not ended by a NUL. If the buffer is smaller, nothing
 * is written to it, the status is TOOLGATE_ERR_BUFFER_TOO_SMALL and the verdict deny; so with a `buffer_len` of 0 the call
 * asks for the size.
 */
toolgate_status toolgate_decide(const struct toolgate_policy *policy,
                                struct toolgate_scratch *scratch,
                                const void *request,
                                size_t request_len,
                                uint32_t options,
                                void *decision,
                                size_t buffer_len,
                                size_t *decision_len,
                                toolgate_verdict *verdict);

/**
 * Decides one request, the bytes of a JSON object: the verdict alone, at less cost.
 *
 * Bytes that are no request are a deny, and TOOLGATE_OK.
 */
toolgate_status toolgate_decide_verdict(const struct toolgate_policy *policy,
                                        struct toolgate_scratch *scratch,
                                        const void *request,
                                        size_t request_len,
                                        uint32_t options,
                                        toolgate_verdict *verdict);

/**
 * Lists the places of a request that can be given a value: the fields that the policy reads, and those on the way to them.
 *
 * `fields_len` gets their number. If the array is smaller, nothing is written to it and the status is
 * TOOLGATE_ERR_BUFFER_TOO_SMALL; so with a `capacity` of 0 the call asks for the number.
 */
toolgate_status toolgate_policy_fields(const struct toolgate_policy *policy,
                                       struct toolgate_field *fields,
                                       size_t capacity,
                                       size_t *fields_len);

/**
 * Decides one request, given as the values of its fields, and writes the whole decision as JSON.
 *
 * A field that is given no value is opaque: unknown even to `exists`, so a host that does not know of a field fails
 * closed. So is everything below an object unless it is given itself; below an absent field everything is absent. Of two
 * values of one slot the later counts. Values without a name of the action are a deny with the reason `request/action`.
 *
 * For the buffer and `decision_len` see toolgate_decide.
 */
toolgate_status toolgate_decide_fields(const struct toolgate_policy *policy,
                                       struct toolgate_scratch *scratch,
                                       const struct toolgate_value *values,
                                       size_t values_len,
                                       uint32_t options,
                                       void *decision,
                                       size_t buffer_len,
                                       size_t *decision_len,
                                       toolgate_verdict *verdict);

/**
 * Decides one request, given as the values of its fields: the verdict alone, at less cost.
 */
toolgate_status toolgate_decide_fields_verdict(const struct toolgate_policy *policy,
                                               struct toolgate_scratch *scratch,
                                               const struct toolgate_value *values,
                                               size_t values_len,
                                               uint32_t options,
                                               toolgate_verdict *verdict);

/**
 * Tells why one request is decided as it is, as one JSON object: the rules that hold and those that came near, with the
 * values they saw.
 *
 * Never show it to a model: it tells what the policy says and what would get past it.
 *
 * The policy must carry its documents (TOOLGATE_WITH_SOURCES, or `toolgate compile --with-sources`). They are read anew
 * for each call, which takes as long as compiling: this is for people. `options` are those of toolgate_decide. With the id
 * of a rule, which NULL and 0 leave open, that rule alone is explained, in full. If there is nothing to explain with,
 * `message` gets a sentence for people. NULL declines that.
 */
toolgate_status toolgate_explain(const struct toolgate_policy *policy,
                                 const void *request,
                                 size_t request_len,
                                 uint32_t options,
                                 const void *rule,
                                 size_t rule_len,
                                 struct toolgate_bytes **explanation,
                                 struct toolgate_bytes **message);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* TOOLGATE_H */
