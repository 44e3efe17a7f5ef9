/* classify MODEL IMAGE.ppm: what Sources/classify does, by the C interface. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vitq.h>

static int fail(vitq_error *error) {
  printf("%s %s\n", vitq_error_code(error), vitq_error_message(error));
  vitq_error_free(error);
  return 1;
}

int main(int argc, char **argv) {
  size_t width, height;
  FILE *file = argc == 3 ? fopen(argv[2], "rb") : NULL;
  if (!file || fscanf(file, "P6 %zu %zu 255", &width, &height) != 2) return 2;
  fgetc(file);
  uint8_t *pixels = malloc(width * height * 3);
  if (!pixels || fread(pixels, 3, width * height, file) != width * height) return 2;
  fclose(file);

  vitq_error *error = NULL;
  vitq_model *model = vitq_model_open(argv[1], &error);
  if (!model) return fail(error);
  vitq_session *session = vitq_session_create(model, 1, &error);
  if (!session) return fail(error);

  vitq_prediction top[3];
  int32_t count = vitq_classify_rgb(session, pixels, width, height, width * 3, 3, top, &error);
  if (count < 0) return fail(error);
  for (int32_t place = 0; place < count; place++) {
    const char *label = vitq_label(model, top[place].index);
    printf("%zu %s\n", top[place].index, label ? label : "");
  }
  size_t feature_count = vitq_feature_count(model);
  float *features = malloc((feature_count + 1) * sizeof(float));
  printf("%zu features\n", vitq_features(session, features, feature_count));

  /* The logits agree with the predictions, and a wrong size is refused. */
  size_t class_count = vitq_class_count(model);
  float *logits = malloc(class_count * sizeof(float));
  int agrees = vitq_logits(session, logits, class_count) == class_count
      && logits[top[0].index] == top[0].logit;
  int refuses = vitq_run_rgb(session, pixels, 1, 1, 3, &error) < 0;
  if (!agrees || !refuses) return 3;
  vitq_error_free(error);

  /* Every block has tokens, the first one more than the last, and there is none behind it. */
  size_t columns = 0, blocks = vitq_block_count(model);
  size_t side = vitq_input_width(model), stride = side * 3;
  float token[2] = {0, 0};
  if (width < side || height < side) return 2;
  int32_t first = vitq_tokens_rgb(
      session, pixels, side, side, stride, 0, token, 1, &columns, &error);
  int32_t last = vitq_tokens_rgb(
      session, pixels, side, side, stride, blocks - 1, NULL, 0, NULL, &error);
  int32_t none = vitq_tokens_rgb(
      session, pixels, side, side, stride, blocks, NULL, 0, NULL, &error);
  if (first <= last || last < 1 || columns == 0 || token[0] == 0 || token[1] != 0) return 4;
  /* Logits are those of the image whose tokens were asked for last. */
  float *others = malloc(class_count * sizeof(float));
  vitq_logits(session, logits, class_count);
  if (vitq_run_rgb(session, pixels, side, side, stride, NULL) < 0) return 5;
  vitq_logits(session, others, class_count);
  if (memcmp(logits, others, class_count * sizeof(float)) != 0) return 5;
  if (none >= 0 || strcmp(vitq_error_code(error), "invalid-block") != 0) return 4;
  vitq_error_free(error);

  /* The normalised tensor of an image gives the logits of the image. */
  float mean[3], deviation[3];
  if (vitq_normalization(model, mean, deviation) < 0) return 7;
  if (vitq_normalization(NULL, mean, deviation) >= 0) return 7;
  size_t plane = side * side;
  float *tensor = malloc(3 * plane * sizeof(float));
  for (size_t i = 0; i < 3 * plane; i++) {
    size_t channel = i / plane;
    float level = pixels[i % plane * 3 + channel] / 255.0f;
    tensor[i] = (level - mean[channel]) / deviation[channel];
  }
  if (vitq_run_rgb(session, pixels, side, side, stride, NULL) < 0) return 7;
  vitq_logits(session, logits, class_count);
  if (vitq_run_f32(session, tensor, 3 * plane, NULL) < 0) return 7;
  vitq_logits(session, others, class_count);
  if (memcmp(logits, others, class_count * sizeof(float)) != 0) return 7;

  /* A tensor beyond the range of bytes is black and white; one with a value less is refused. */
  for (size_t pixel = 0; pixel < plane; pixel++) {
    for (size_t channel = 0; channel < 3; channel++) {
      int is_light = (pixel / 3 + channel) % 2 == 0;
      tensor[channel * plane + pixel] = is_light ? 1e9f : -1e9f;
      pixels[pixel * 3 + channel] = is_light ? 255 : 0;
    }
  }
  if (vitq_run_f32(session, tensor, 3 * plane, NULL) < 0) return 6;
  vitq_logits(session, logits, class_count);
  if (vitq_run_rgb(session, pixels, side, side, stride, NULL) < 0) return 6;
  vitq_logits(session, others, class_count);
  if (memcmp(logits, others, class_count * sizeof(float)) != 0) return 6;
  int is_run = vitq_run_f32(session, tensor, 3 * plane - 1, &error) >= 0;
  if (is_run || strcmp(vitq_error_code(error), "invalid-tensor") != 0) return 6;
  vitq_error_free(error);
  if (vitq_run_f32(session, NULL, 3 * plane, NULL) >= 0) return 6;

  free(tensor);
  free(others);
  free(logits);
  free(features);
  free(pixels);
  vitq_model_free(model);
  vitq_session_free(session);
  return 0;
}
