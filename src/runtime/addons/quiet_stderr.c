/*
 * TensorFlow writes its start-up notices straight to file descriptor 2, before any logging setting is read.
 * capture() turns that descriptor into a temporary file, release() turns it back and returns what was written,
 * so that the caller can drop the notices and pass everything else on.
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static int saved = -1;
static FILE *capture_file = NULL;

static napi_value Capture(napi_env env, napi_callback_info info) {
  napi_value result;
  (void)info;
  int captured = 0;
  if (saved < 0) {
    fflush(stderr);
    capture_file = tmpfile();
    if (capture_file != NULL) {
      saved = dup(2);
      captured = saved >= 0 && dup2(fileno(capture_file), 2) >= 0;
      if (!captured) {
        if (saved >= 0) close(saved);
        saved = -1;
        fclose(capture_file);
        capture_file = NULL;
      }
    }
  }
  napi_get_boolean(env, captured, &result);
  return result;
}

static napi_value Release(napi_env env, napi_callback_info info) {
  napi_value result;
  char *text = NULL;
  size_t length = 0;
  (void)info;
  if (saved >= 0) {
    fflush(stderr);
    dup2(saved, 2);
    close(saved);
    saved = -1;
    off_t size = lseek(fileno(capture_file), 0, SEEK_END);
    if (size > 0 && (text = malloc((size_t)size)) != NULL) {
      ssize_t got = pread(fileno(capture_file), text, (size_t)size, 0);
      length = got > 0 ? (size_t)got : 0;
    }
    fclose(capture_file);
    capture_file = NULL;
  }
  napi_create_string_utf8(env, text != NULL ? text : "", length, &result);
  free(text);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "capture", NAPI_AUTO_LENGTH, Capture, NULL, &function);
  napi_set_named_property(env, exports, "capture", function);
  napi_create_function(env, "release", NAPI_AUTO_LENGTH, Release, NULL, &function);
  napi_set_named_property(env, exports, "release", function);
  return exports;
}
