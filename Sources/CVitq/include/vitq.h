/* Runs quantized vision transformers on a CPU, for programs in C and other languages.
 *
 * A model may be used by any number of threads at once, a session by one thread at a time.
 * A function that fails returns NULL or a negative number and, where `error` is not NULL, stores
 * an error there, which the caller frees. A NULL session or model fails without one; free functions
 * accept it. */
#ifndef VITQ_H
#define VITQ_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* An open `.vitq` file, checked and mapped. */
typedef struct vitq_model vitq_model;
/* The memory and the threads that run a model, one image at a time. */
typedef struct vitq_session vitq_session;
/* Why something failed. */
typedef struct vitq_error vitq_error;

/* A class and how likely the model holds it to be. */
typedef struct vitq_prediction {
  /* The index of the class. */
  size_t index;
  /* The model's raw output. */
  float logit;
  /* The softmax of the logits. */
  float probability;
} vitq_prediction;

/* A name of the kind of the error that does not change, such as "wrong-image-size". */
const char *vitq_error_code(const vitq_error *error);
/* One line of text; it and the code live as long as the error. */
const char *vitq_error_message(const vitq_error *error);
void vitq_error_free(vitq_error *error);

/* Opens a quantized `.vitq` file.
 *
 * The file stays mapped as long as the model or a session of it lives: replace it by renaming
 * another one, as vitq does. Truncating it in place ends the process (SIGBUS). */
vitq_model *vitq_model_open(const char *path, vitq_error **error);
/* Sessions of the model may outlive this call. */
void vitq_model_free(vitq_model *model);
/* Sides of the input in pixels. */
size_t vitq_input_width(const vitq_model *model);
size_t vitq_input_height(const vitq_model *model);
/* How the channels R, G, B of `vitq_run_f32`'s tensor are normalised: writes three floats each; 0, or
 * -1 if the model does not say. */
int32_t vitq_normalization(const vitq_model *model, float *mean, float *deviation);
/* The number of logits. */
size_t vitq_class_count(const vitq_model *model);
/* The number of pooled features; 0 if the model does not keep them. */
size_t vitq_feature_count(const vitq_model *model);
/* The number of blocks, whose tokens `vitq_tokens_rgb` gives. */
size_t vitq_block_count(const vitq_model *model);
/* The UTF-8 name of a class, which lives as long as the model; NULL if it has none. */
const char *vitq_label(const vitq_model *model, size_t index);

/* `threads`, 1 to 256, share an image, the calling thread among them. */
vitq_session *vitq_session_create(
    const vitq_model *model, int32_t threads, vitq_error **error);
void vitq_session_free(vitq_session *session);

/* The likeliest classes of an image of any size, which the model's preprocessing resizes and crops.
 *
 * `pixels` has `height` rows of `width` pixels R, G, B, `stride` bytes from one row to the next.
 * Writes at most `count` predictions, likeliest first, and returns how many; -1 on failure. */
int32_t vitq_classify_rgb(
    vitq_session *session, const uint8_t *pixels, size_t width, size_t height, size_t stride,
    int32_t count, vitq_prediction *predictions, vitq_error **error);

/* Runs an image that has the input's size already, without resizing; 0, or -1 on failure. */
int32_t vitq_run_rgb(
    vitq_session *session, const uint8_t *pixels, size_t width, size_t height, size_t stride,
    vitq_error **error);

/* Runs a tensor [3, height, width] of the input's size, without resizing; 0, or -1 on failure.
 *
 * `tensor` has `count` = 3 * height * width floats: channels R, G, B, rows from the top, a byte p
 * as (p / 255 - mean) / deviation with what `vitq_normalization` gives for the channel. The model
 * reads bytes: a value is rounded to that of the nearest byte. Values must be finite. */
int32_t vitq_run_f32(
    vitq_session *session, const float *tensor, size_t count, vitq_error **error);

/* Copies at most `count` logits of the last image and returns how many; 0 before the first. */
size_t vitq_logits(const vitq_session *session, float *logits, size_t count);
/* Copies at most `count` pooled features of the last image and returns how many. */
size_t vitq_features(const vitq_session *session, float *features, size_t count);

/* Runs an image that has the input's size and gives the residual stream behind block `block`,
 * counted from 0: rows of `columns` floats, one for each token, in the model's order.
 *
 * Copies at most `count` floats of them and returns the number of rows; -1 on failure. The last
 * block of a model that pools the class token has that row alone. */
int32_t vitq_tokens_rgb(
    vitq_session *session, const uint8_t *pixels, size_t width, size_t height, size_t stride,
    size_t block, float *tokens, size_t count, size_t *columns, vitq_error **error);

#ifdef __cplusplus
}
#endif

#endif
