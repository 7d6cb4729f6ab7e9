#if __has_include(<rdma/rdma_cma.h>)

#include "verbs-library.h"

#include <dlfcn.h>

namespace rdma {

namespace {

template <typename Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

std::string Missing(const char* library, const char* package) {
  const char* words = dlerror();
  return std::string(library) + " cannot be loaded: " + (words == nullptr ? "" : words) + " (apt-get install " +
         package + ")";
}

VerbsLibrary loaded;

}  // namespace

std::string VerbsLibrary::LoadAll() {
  void* verbs = dlopen("libibverbs.so.1", RTLD_NOW | RTLD_LOCAL);
  if (verbs == nullptr) return Missing("libibverbs", "libibverbs1 ibverbs-providers");
  void* manager = dlopen("librdmacm.so.1", RTLD_NOW | RTLD_LOCAL);
  if (manager == nullptr) return Missing("librdmacm", "librdmacm1");
  const char* missing = nullptr;
#define RDMA_FIND(library, name) \
  if (!Find(library, #name, &this->name)) missing = #name
  RDMA_FIND(verbs, ibv_fork_init);
  RDMA_FIND(verbs, ibv_get_device_list);
  RDMA_FIND(verbs, ibv_free_device_list);
  RDMA_FIND(verbs, ibv_get_device_name);
  RDMA_FIND(verbs, ibv_open_device);
  RDMA_FIND(verbs, ibv_close_device);
  RDMA_FIND(verbs, ibv_query_device);
  RDMA_FIND(verbs, ibv_alloc_pd);
  RDMA_FIND(verbs, ibv_dealloc_pd);
  if (!Find(verbs, "ibv_reg_mr", &register_memory)) missing = "ibv_reg_mr";
  RDMA_FIND(verbs, ibv_dereg_mr);
  RDMA_FIND(verbs, ibv_create_comp_channel);
  RDMA_FIND(verbs, ibv_destroy_comp_channel);
  RDMA_FIND(verbs, ibv_create_cq);
  RDMA_FIND(verbs, ibv_destroy_cq);
  RDMA_FIND(verbs, ibv_get_cq_event);
  RDMA_FIND(verbs, ibv_ack_cq_events);
  RDMA_FIND(verbs, ibv_get_async_event);
  RDMA_FIND(verbs, ibv_ack_async_event);
  RDMA_FIND(manager, rdma_create_event_channel);
  RDMA_FIND(manager, rdma_destroy_event_channel);
  RDMA_FIND(manager, rdma_get_cm_event);
  RDMA_FIND(manager, rdma_ack_cm_event);
  RDMA_FIND(manager, rdma_create_id);
  RDMA_FIND(manager, rdma_destroy_id);
  RDMA_FIND(manager, rdma_bind_addr);
  RDMA_FIND(manager, rdma_resolve_addr);
  RDMA_FIND(manager, rdma_resolve_route);
  RDMA_FIND(manager, rdma_create_qp);
  RDMA_FIND(manager, rdma_destroy_qp);
  RDMA_FIND(manager, rdma_connect);
  RDMA_FIND(manager, rdma_listen);
  RDMA_FIND(manager, rdma_accept);
  RDMA_FIND(manager, rdma_reject);
  RDMA_FIND(manager, rdma_disconnect);
  RDMA_FIND(manager, rdma_notify);
  RDMA_FIND(manager, rdma_get_src_port);
#undef RDMA_FIND
  if (missing != nullptr) return std::string("libibverbs or librdmacm is too old: it has no ") + missing;
  // A forked child must not share pages that a device writes to; newer kernels see to it themselves.
  ibv_fork_init();
  return {};
}

const VerbsLibrary* VerbsLibrary::Load(std::string* reason) {
  static const std::string problem = loaded.LoadAll();
  *reason = problem;
  return problem.empty() ? &loaded : nullptr;
}

const VerbsLibrary& Verbs() { return loaded; }

}  // namespace rdma

#endif
