#pragma once

#include <infiniband/verbs.h>
#include <rdma/rdma_cma.h>

#include <string>

namespace rdma {

// The functions of libibverbs and librdmacm, loaded when they are first wanted: the addon is not
// linked with them. Verbs on the fast path are functions of the device's driver, reached through the
// context by inline functions of verbs.h.
struct VerbsLibrary {
  decltype(&::ibv_fork_init) ibv_fork_init;
  decltype(&::ibv_get_device_list) ibv_get_device_list;
  decltype(&::ibv_free_device_list) ibv_free_device_list;
  decltype(&::ibv_get_device_name) ibv_get_device_name;
  decltype(&::ibv_open_device) ibv_open_device;
  decltype(&::ibv_close_device) ibv_close_device;
  decltype(&::ibv_query_device) ibv_query_device;
  decltype(&::ibv_alloc_pd) ibv_alloc_pd;
  decltype(&::ibv_dealloc_pd) ibv_dealloc_pd;
  // In parentheses, because verbs.h has a macro of this name.
  decltype(&(::ibv_reg_mr)) register_memory;
  decltype(&::ibv_dereg_mr) ibv_dereg_mr;
  decltype(&::ibv_create_comp_channel) ibv_create_comp_channel;
  decltype(&::ibv_destroy_comp_channel) ibv_destroy_comp_channel;
  decltype(&::ibv_create_cq) ibv_create_cq;
  decltype(&::ibv_destroy_cq) ibv_destroy_cq;
  decltype(&::ibv_get_cq_event) ibv_get_cq_event;
  decltype(&::ibv_ack_cq_events) ibv_ack_cq_events;
  decltype(&::ibv_get_async_event) ibv_get_async_event;
  decltype(&::ibv_ack_async_event) ibv_ack_async_event;

  decltype(&::rdma_create_event_channel) rdma_create_event_channel;
  decltype(&::rdma_destroy_event_channel) rdma_destroy_event_channel;
  decltype(&::rdma_get_cm_event) rdma_get_cm_event;
  decltype(&::rdma_ack_cm_event) rdma_ack_cm_event;
  decltype(&::rdma_create_id) rdma_create_id;
  decltype(&::rdma_destroy_id) rdma_destroy_id;
  decltype(&::rdma_bind_addr) rdma_bind_addr;
  decltype(&::rdma_resolve_addr) rdma_resolve_addr;
  decltype(&::rdma_resolve_route) rdma_resolve_route;
  decltype(&::rdma_create_qp) rdma_create_qp;
  decltype(&::rdma_destroy_qp) rdma_destroy_qp;
  decltype(&::rdma_connect) rdma_connect;
  decltype(&::rdma_listen) rdma_listen;
  decltype(&::rdma_accept) rdma_accept;
  decltype(&::rdma_reject) rdma_reject;
  decltype(&::rdma_disconnect) rdma_disconnect;
  decltype(&::rdma_notify) rdma_notify;
  decltype(&::rdma_get_src_port) rdma_get_src_port;

  // The libraries, or null with the reason. They stay loaded.
  static const VerbsLibrary* Load(std::string* reason);

 private:
  std::string LoadAll();
};

// Where Load was successful before.
const VerbsLibrary& Verbs();

}  // namespace rdma
