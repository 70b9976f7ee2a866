/*
 * dropPages(name) unmaps the read-only pages of every loaded library whose path contains `name`, and returns how many
 * bytes of address space that were. Loading TensorFlow reads 250 MB of its file once, to relocate and register; a page that
 * is needed again comes back from the file. Only segments that are never written are touched, so nothing can be lost.
 */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>

#ifdef __linux__
#include <elf.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
  const char *name;
  double bytes;
} Request;

static int relocates_text(const struct dl_phdr_info *library) {
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &library->dlpi_phdr[i];
    if (header->p_type != PT_DYNAMIC) continue;
    const ElfW(Dyn) *entry = (const ElfW(Dyn) *)(library->dlpi_addr + header->p_vaddr);
    for (; entry->d_tag != DT_NULL; entry++) {
      if (entry->d_tag == DT_TEXTREL) return 1;
      if (entry->d_tag == DT_FLAGS && (entry->d_un.d_val & DF_TEXTREL)) return 1;
    }
  }
  return 0;
}

static int drop(struct dl_phdr_info *library, size_t size, void *data) {
  Request *request = data;
  const size_t page = (size_t)sysconf(_SC_PAGESIZE);
  (void)size;
  if (strstr(library->dlpi_name, request->name) == NULL || relocates_text(library)) return 0;
  for (int i = 0; i < library->dlpi_phnum; i++) {
    const ElfW(Phdr) *header = &library->dlpi_phdr[i];
    if (header->p_type != PT_LOAD || (header->p_flags & PF_W)) continue;
    const size_t start = (library->dlpi_addr + header->p_vaddr + page - 1) / page * page;
    const size_t end = (library->dlpi_addr + header->p_vaddr + header->p_filesz) / page * page;
    if (end > start && madvise((void *)start, end - start, MADV_DONTNEED) == 0) request->bytes += (double)(end - start);
  }
  return 0;
}
#endif

static napi_value DropPages(napi_env env, napi_callback_info info) {
  napi_value argument, result;
  size_t count = 1, length = 0;
  char name[256] = "";
  double bytes = 0;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (count < 1 || napi_get_value_string_utf8(env, argument, name, sizeof name, &length) != napi_ok || length == 0) {
    napi_throw_type_error(env, NULL, "dropPages needs a part of a library's name");
    return NULL;
  }
#ifdef __linux__
  Request request = {name, 0};
  dl_iterate_phdr(drop, &request);
  bytes = request.bytes;
#endif
  napi_create_double(env, bytes, &result);
  return result;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "dropPages", NAPI_AUTO_LENGTH, DropPages, NULL, &function);
  napi_set_named_property(env, exports, "dropPages", function);
  return exports;
}
